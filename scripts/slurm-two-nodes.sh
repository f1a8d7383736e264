#!/bin/bash
# A throw-away Slurm with two nodes on this machine: root, no systemd, no cgroups, no accounting.
#   slurm-two-nodes.sh start DIR    then: export SLURM_CONF=DIR/slurm.conf
#   slurm-two-nodes.sh stop DIR
# Needs Debian's slurmctld, slurmd, slurm-client and munge (or slurm-wlm). DIR must be short: sockets lie in it.
set -eu
usage="usage: slurm-two-nodes.sh start|stop DIR"
action=${1:?$usage}
dir=${2:?$usage}
export SLURM_CONF=$dir/slurm.conf

# Ends the daemons that the pid files name, and waits until they are gone.
stop_all() {
  for file in "$dir"/run/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      # A killed daemon without an init process to bury it stays as a zombie.
      [ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null)" != Z ] || break
      sleep 0.1
    done
  done
}

case $action in
start)
  host=$(hostname -s)
  port=$((20000 + RANDOM % 10000))
  mkdir -p "$dir"/{state,log,run}
  chmod 755 "$dir" "$dir/run" "$dir/log"
  head -c 1024 /dev/urandom >"$dir/munge.key"
  chmod 400 "$dir/munge.key"
  munged --key-file="$dir/munge.key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/run/munge.seed" --force
  cat >"$SLURM_CONF" <<CONF
ClusterName=landfall
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
SlurmctldPort=$port
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
MinJobAge=600
KillWait=5
JobRequeue=1
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=1000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld -c -i
  for node in n1 n2; do slurmd -N "$node"; done
  for _ in $(seq 60); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" != 2 ] || exit 0
    sleep 0.5
  done
  sinfo >&2 || true
  tail -n 5 "$dir"/log/*.log >&2
  stop_all
  exit 1
  ;;
stop)
  timeout 10 scancel --user="$(id -un)" 2>/dev/null || true
  for _ in $(seq 20); do
    [ -n "$(timeout 5 squeue -h 2>/dev/null)" ] || break
    sleep 0.5
  done
  stop_all
  ;;
*)
  echo "$usage" >&2
  exit 64
  ;;
esac

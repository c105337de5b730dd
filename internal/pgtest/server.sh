# Runs a PostgreSQL server in the directory $2, with the programs in $1, until standard
# input ends; then stops it and leaves nothing behind. Says "ready", or what went wrong.
# $3 are further options of the server. $2 is passed on as it is and must hold no spaces or quotes: pg_ctl splits -o itself.
bin=$1 dir=$2 log=$2/log
cleanup() {
	"$bin/pg_ctl" -D "$dir/data" -m immediate stop >"$log" 2>&1
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
fail() {
	echo "$1 failed:"
	tail -n 20 "$log"
	exit 1
}
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 || fail initdb

"$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$log" -o "-k $dir -h '' -N 200 $3" start >"$dir/out" 2>&1 || fail pg_ctl
echo ready
cat >/dev/null

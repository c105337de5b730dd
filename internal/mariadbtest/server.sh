# Runs a MariaDB server in the directory $2, by the program $1, until standard input ends; then kills it and leaves
# nothing behind. Says "ready", or what went wrong. $3 makes a new server's files; what follows are options.
server=$1 dir=$2 install=$3
shift 3
pid=
cleanup() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
fail() {
	echo "$1 failed:"
	tail -n 20 "$dir/log"
	exit 1
}
small='--innodb-buffer-pool-size=32M --innodb-log-file-size=16M --key-buffer-size=1M --aria-pagecache-buffer-size=1M'
# shellcheck disable=SC2086 # several options
"$install" --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db $small \
	--innodb-flush-method=nosync >"$dir/log" 2>&1 || fail mariadb-install-db
# shellcheck disable=SC2086
"$server" --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --tmpdir="$dir" \
	--skip-networking --max-connections=300 $small "$@" >"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 600); do
	if [ -S "$dir/socket" ]; then
		echo ready
		cat >/dev/null
		exit
	fi
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
fail mariadbd

# Runs a MariaDB server in the directory $2, by the program $1, until standard input ends; then kills it and leaves
# nothing behind. The line "kill" there kills the server, and "start" starts it again. Says "ready" and "done", or what
# went wrong. $3 makes a new server's files; what follows are options.
server=$1 dir=$2 install=$3
shift 3
pid=
stop() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -z "$pid" ] || wait "$pid" 2>/dev/null
	pid=
}
cleanup() {
	stop
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
fail() {
	echo "$1 failed:"
	grep -a ERROR "$dir/log"
	tail -n 20 "$dir/log"
	exit 1
}
# Several servers that read and write asynchronously may need more of the kernel's resources than a user may have.
small='--innodb-use-native-aio=0 --innodb-buffer-pool-size=32M --innodb-log-file-size=16M'
small="$small --key-buffer-size=1M --aria-pagecache-buffer-size=1M"
# A server that starts removes the temporary tables of all others that share its folder for them.
# shellcheck disable=SC2086 # several options
"$install" --no-defaults --datadir="$dir/data" --tmpdir="$dir" --auth-root-authentication-method=normal --skip-test-db $small \
	--innodb-flush-method=nosync >"$dir/log" 2>&1 || fail mariadb-install-db
start() {
	: >"$dir/log" # what the one before said is not to be taken for this one's word
	# shellcheck disable=SC2086
	"$server" --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --tmpdir="$dir" \
		--skip-networking --max-connections=300 $small "$@" >"$dir/log" 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		! grep -q 'ready for connections' "$dir/log" || return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	fail mariadbd
}
start "$@"
echo ready
while read -r order; do
	case $order in
	kill) stop ;;
	start) start "$@" ;;
	*) fail "the order $order" ;;
	esac
	echo done
done

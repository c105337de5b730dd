# Runs the command line in its arguments in the directory $1 until standard input ends; then stops it and removes the
# directory. What the program writes goes to $1/log.
dir=$1
shift
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
cleanup() {
	kill -KILL $server 2>/dev/null # it keeps nothing that anybody needs
	wait $server 2>/dev/null
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
cat >/dev/null

#!/bin/sh
# Proves src/LAYERS: every file has a room, and no file includes or calls a
# room above its own.
. "$KM_SRCDIR/tests/tap.sh"
: "${NM:=nm}"
cd "$KM_SRCDIR" || exit 1

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# rank, room, path: one line a file
up=$(sed -n 's/^up://p' src/LAYERS)
awk '
	/^[ \t]*(#|$)|^up:/ { next }
	{
		room = $1
		if (sub(/:$/, "", room) != 1) {
			print "malformed: " $0 > "/dev/stderr"
			exit 1
		}
		rank++
		for (i = 2; i <= NF; i++)
			print rank, room, ($i ~ /\// ? $i : "src/" $i)
	}
' src/LAYERS > "$tmp/rooms" || { not_ok "LAYERS can be read"; tap_done; }
cut -d' ' -f3 "$tmp/rooms" | sort > "$tmp/listed"

files=$(find src preload -name '*.[ch]' -o -name '*.def' | sort)
# shellcheck disable=SC2086
printf '%s\n' $files > "$tmp/there"
empty "no file is listed twice" "$(uniq -d "$tmp/listed")"
empty "every file has a room" "$(comm -13 "$tmp/listed" "$tmp/there")"
empty "every listed file is there" "$(comm -23 "$tmp/listed" "$tmp/there")"

# config.h belongs to compiler.h, include/ to everybody, <...> to the system.
# shellcheck disable=SC2046
empty "no file includes a room above its own" "$(awk -v rooms="$tmp/rooms" '
	BEGIN {
		while ((getline line < rooms) > 0) {
			split(line, f, " ")
			rank[f[3]] = f[1]
			room[f[3]] = f[2]
			n = split(f[3], part, "/")
			path[part[n]] = f[3]
		}
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, q, "\"")
		if (q[2] == "config.h" && FILENAME == "src/compiler.h")
			next
		if (q[2] ~ /^kmalloc(\.h$|\/)/)
			next
		if (!(q[2] in path))
			print FILENAME ":" FNR ": includes " q[2] \
				", which has no room"
		else if (rank[path[q[2]]] > rank[FILENAME])
			print FILENAME ":" FNR ": " room[FILENAME] \
				" includes " q[2] " of " room[path[q[2]]]
	}
' $(comm -12 "$tmp/listed" "$tmp/there"))"

# The objects that went into the shared libraries, position-independent.
while read -r rank room path; do
	case $path in *.c) ;; *) continue ;; esac
	base=$(basename "$path" .c)
	for obj in "$KM_BUILDDIR/$(dirname "$path")/.libs"/lib*_la-"$base".o; do
		case $obj in */libcore_debug_la-*) continue ;; esac
		if [ -e "$obj" ]; then
			$NM -g "$obj" | awk -v r="$rank" -v m="$room" \
				-v p="$path" 'NF >= 2 { print r, m, p, $(NF-1), $NF }'
		else
			echo "$path" >> "$tmp/unbuilt"
		fi
	done
done < "$tmp/rooms" > "$tmp/symbols"
if [ -e "$tmp/unbuilt" ]; then
	not_ok "every room has its object" "$(cat "$tmp/unbuilt")"
else
	ok "every room has its object"
fi

empty "no file calls a room above its own" "$(awk -v up="$up" '
	BEGIN {
		n = split(up, name, " ")
		for (i = 1; i <= n; i++)
			callback[name[i]]
	}
	NR == FNR {
		if ($4 !~ /^[Uvw]$/ && !($5 in rank)) {
			rank[$5] = $1
			where[$5] = $3
		}
		next
	}
	$4 == "U" && ($5 in rank) && rank[$5] > $1 && !($5 in callback) {
		print $3 ": " $2 " uses " $5 " of " where[$5]
	}
' "$tmp/symbols" "$tmp/symbols")"

tap_done

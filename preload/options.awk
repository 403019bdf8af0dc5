# Reads src/params.def and prints a line for each option, tab-separated:
# name, values, default, help. A row is
#
#	PARAM(name, type, default, min, max, "values: help")
#
# over as many lines as it likes; adjoining strings are one string. The default
# of a choice is the place of its word among the values.

function unquote(s,    out)
{
	out = ""
	while (match(s, /"([^"\\]|\\.)*"/)) {
		out = out substr(s, RSTART + 1, RLENGTH - 2)
		s = substr(s, RSTART + RLENGTH)
	}
	gsub(/\\"/, "\"", out)
	gsub(/\\\\/, "\\", out)
	return out
}

function trim(s)
{
	gsub(/[ \t\n]+/, " ", s)
	sub(/^ /, "", s)
	sub(/ $/, "", s)
	return s
}

# Cuts the arguments, from s[i] just after the bracket, into arg[1..narg].
function split_row(s, i,    c, depth, start, in_string)
{
	depth = 0
	narg = 0
	start = i
	in_string = 0
	for (; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (in_string) {
			if (c == "\\")
				i++
			else if (c == "\"")
				in_string = 0
		} else if (c == "\"") {
			in_string = 1
		} else if (c == "(") {
			depth++
		} else if (c == "," && depth == 0) {
			arg[++narg] = trim(substr(s, start, i - start))
			start = i + 1
		} else if (c == ")" && depth-- == 0) {
			arg[++narg] = trim(substr(s, start, i - start))
			return i
		}
	}
	print "params.def: a row is not closed" > "/dev/stderr"
	exit 1
}

function bare(s)
{
	return s ~ /^"/ ? unquote(s) : s
}

{ text = text $0 "\n" }

END {
	# Comments go first: one may speak of a PARAM(...).
	while ((i = index(text, "/*")) && (j = index(substr(text, i), "*/")))
		text = substr(text, 1, i - 1) substr(text, i + j + 1)
	gsub(/\n[ \t]*#[^\n]*/, "\n", text)
	while (match(text, /(^|[^A-Za-z0-9_])PARAM[A-Z_]*\(/)) {
		end = split_row(text, RSTART + RLENGTH)
		if (narg < 6) {
			print "params.def: fewer than six fields: " arg[1] \
				> "/dev/stderr"
			exit 1
		}
		help = unquote(arg[narg])
		values = "VALUE"
		if (i = index(help, ": ")) {
			values = substr(help, 1, i - 1)
			help = substr(help, i + 2)
		}
		initial = bare(arg[3])
		if (arg[2] == "choice") {
			split(values, word, "|")
			initial = word[initial + 1]
		}
		printf "%s\t%s\t%s\t%s\n", bare(arg[1]), values, initial, help
		text = substr(text, end + 1)
		rows++
	}
	if (!rows) {
		print "params.def: no options found" > "/dev/stderr"
		exit 1
	}
}

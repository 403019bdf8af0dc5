# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For programs.sh: pictures, sound, text, and what needs a display.
programs="$programs
ffmpeg: ffmpeg: ffmpeg
imagemagick: convert: imagemagick
graphviz: dot: graphviz
poppler: gs pdftotext pdftoppm: ghostscript poppler-utils
pandoc: pandoc: pandoc
gnuplot: gnuplot: gnuplot-nox
vim: vim: vim-nox
xml: xsltproc xmllint: xsltproc libxml2-utils
chromium: chromium: chromium
gtk: gtk3-demo-application Xvfb xdotool: gtk-3-examples xvfb xdotool
x11: xclock Xvfb xwd xwininfo: x11-apps xvfb x11-utils
"

p_ffmpeg()
{
	run ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=320x240:d=3:r=25 \
		-f lavfi -i sine=440:d=3 -threads 3 -c:v mpeg4 -g 12 -c:a flac \
		-flags +bitexact -fflags +bitexact -y out.mkv || return
	run ffmpeg -nostdin -v error -i out.mkv \
		-vf scale=160:120,hflip,unsharp,eq=contrast=1.2 -threads 2 \
		-f framemd5 - | digest
	run ffmpeg -nostdin -v error -i out.mkv -af aecho,atempo=1.5 -f md5 -
	run ffprobe -v error -show_streams -of json out.mkv | digest
}

p_imagemagick()
{
	run convert -limit thread 2 -size 500x400 plasma:fractal -seed 7 \
		gradient:red-blue -compose Over -composite -depth 8 a.png || return
	run convert -limit thread 2 -seed 7 -size 300x300 gradient:black-white \
		-swirl 180 -blur 0x3 -emboss 2 -quantize Lab -colors 40 \
		-depth 8 b.gif || return
	run convert b.gif \( +clone -rotate 90 \) \( +clone -resize 50% \) \
		-append -depth 8 rgb:- | digest
	run convert -size 200x100 radial-gradient: -quality 80 c.jpg &&
		run identify -format '%w %h %m %[mean]\n' c.jpg b.gif
	run convert -delay 10 b.gif \( b.gif -flip \) -layers optimize d.gif &&
		run identify d.gif | wc -l
}

p_graphviz()
{
	local layout
	awk 'BEGIN {
		print "digraph g {"
		for (i = 0; i < 90; i++)
			printf "n%d [label=\"node %d\"]; n%d -> n%d; n%d -> n%d;\n", i, i, i, i * 7 % 90, i, int(i / 3)
		print "}"
	}' > in.dot
	for layout in dot neato twopi; do
		run $layout -Tsvg in.dot 2> err | digest
	done
	run dot -Tpng in.dot 2> err | digest
	run tred in.dot | run gvpr 'E { $G.name }' | digest
}

p_poppler()
{
	awk 'BEGIN {
		print "%!PS-Adobe-3.0"
		for (p = 1; p <= 12; p++) {
			print "/Times-Roman findfont 11 scalefont setfont"
			for (i = 0; i < 50; i++)
				printf "40 %d moveto (Page %d, line %d) show\n", 760 - i * 14, p, i
			print "showpage"
		}
	}' | gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=in.pdf - ||
		return
	run pdftotext -layout in.pdf - | digest
	run pdftoppm -r 50 in.pdf p && cat p*.ppm | digest
	run pdfinfo in.pdf | grep -E '^Pages|size:'
	run pdfseparate in.pdf q%d.pdf && run pdfunite q*.pdf all.pdf &&
		run pdftotext all.pdf - | digest
}

p_pandoc()
{
	awk 'BEGIN { for (i = 0; i < 400; i++)
		printf "# Head %d\n\nSome *text* with `code %d`, a [link](#x%d).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| %d | $x^2$ |\n\n", i, i, i, i }' > in.md
	run pandoc in.md -t html | digest
	run pandoc in.md -t docx -o out.docx && run pandoc out.docx -t rst | digest
	run pandoc in.md -t latex --toc -s | digest
}

p_gnuplot()
{
	run gnuplot << 'END' | digest
set terminal svg size 600,400
set samples 2000
set isosamples 60
plot sin(x) * x, cos(x)**3 with points
splot x**2 * y - y**3 with pm3d
f(x) = a * x + b
set dummy x
fit f(x) '-' using 1:2 via a, b
1 2
2 4.1
3 5.9
4 8
e
print sprintf("%.3f %.3f", a, b)
END
	return "${PIPESTATUS[0]}"
}

p_vim()
{
	seq 1 30000 | sed 's/$/ some words here/' > in
	cat > work.vim << 'END'
edit in
%s/\v(\d+) (some) (words)/\3 \1 \2/g
g/7/m0
sort n
%!tac
let d = {}
for i in range(20000) | let d["k" . i % 3000] = repeat("x", i % 60) | endfor
put =len(d)
put =matchstr(string(d), 'k2999.\{10}')
syntax on
set filetype=c
undo
redo
write out
qall!
END
	run env HOME="$PWD" vim -u NONE -N -es -S work.vim < /dev/null
	echo "exit $?"
	digest < out
}

p_xml()
{
	awk 'BEGIN { print "<r>"; for (i = 0; i < 30000; i++)
		printf "<i id=\"%d\"><n>name %d</n><v>%d</v></i>\n", i, i % 77, i * 7919 % 1009; print "</r>" }' > in.xml
	cat > t.xsl << 'END'
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:key name="k" match="i" use="n"/>
<xsl:template match="/"><o><xsl:for-each select="//i[generate-id() = generate-id(key('k', n)[1])]">
<xsl:sort select="n"/><g n="{n}" s="{sum(key('k', n)/v)}"/></xsl:for-each></o></xsl:template>
</xsl:stylesheet>
END
	run xsltproc t.xsl in.xml | digest
	run xmllint --xpath 'count(//i[v > 500])' in.xml
	run xmllint --c14n in.xml | digest
	run xmllint --noout --stream --huge in.xml
	head -c 400000 in.xml | run xmllint --recover - 2> /dev/null | digest
}

# ---- a browser ---------------------------------------------------------

# Its own processes use PartitionAlloc; what links libc gets the library.
p_chromium()
{
	cat > page.html << 'END'
<html><body style="margin:0;font:20px monospace"><h1>page</h1><div id=d></div>
<canvas id=c width=200 height=100></canvas><script>
let m = new Map(); for (let i = 0; i < 200000; i++) m.set("k" + i % 9999, "x".repeat(i % 70));
let s = 0; for (const v of m.values()) s += v.length;
let c = document.getElementById("c").getContext("2d");
for (let i = 0; i < 50; i++) { c.fillStyle = "rgb(" + i * 5 + ",0,99)"; c.fillRect(i * 4, i, 30, 40); }
document.getElementById("d").textContent = m.size + " " + s;
document.title = "done";
</script></body></html>
END
	set -- chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
		--no-first-run --disable-extensions --disable-dev-shm-usage \
		--disable-background-networking --disable-component-update \
		--user-data-dir="$PWD/data" --virtual-time-budget=3000
	HOME=$PWD run "$@" --dump-dom "file://$PWD/page.html" 2> err | grep -o 'id="d">[0-9 ]*'
	echo "exit ${PIPESTATUS[0]}"
	HOME=$PWD run "$@" --window-size=400,300 --screenshot="$PWD/shot.png" \
		"file://$PWD/page.html" 2> err2
	echo "exit $?"
	[ -s shot.png ] && digest < shot.png
}

# ---- under a display without a screen ----------------------------------

# DISPLAY is a new Xvfb's; $server is the server
display_start()
{
	local number
	for number in 90 91 92 93 94 95 96 97; do
		[ -e /tmp/.X11-unix/X$number ] && continue
		server Xvfb :$number -screen 0 640x480x24 -nolisten tcp \
			> xlog 2>&1
		DISPLAY=:$number
		export DISPLAY
		until_true test -S /tmp/.X11-unix/X$number && return
	done
	return 1
}

p_gtk()
{
	display_start || { cat xlog; return 1; }
	preloaded $server
	run env HOME="$PWD" GTK_A11Y=none NO_AT_BRIDGE=1 \
		GSETTINGS_BACKEND=memory gtk3-demo --list > list 2> err
	echo "exit $? $(wc -l < list)"
	run env HOME="$PWD" NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory \
		timeout 40 gtk3-demo --run=textview --autoquit > out 2> err
	echo "exit $?"
	run env HOME="$PWD" NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory \
		timeout 40 gtk3-demo --run=list_store --autoquit > out 2> err
	echo "exit $?"
}

p_x11()
{
	local i
	display_start || { cat xlog; return 1; }
	preloaded $server
	server xlogo -geometry 300x300+10+10
	until_true xwininfo -name xlogo || return 1
	run xwininfo -name xlogo | grep -E 'Width|Height'
	until_true eval '[ "$(xwd -name xlogo | wc -c)" -gt 100000 ]'
	sleep 1
	run xwd -name xlogo | tail -c 100000 | digest
	for i in 1 2 3; do
		run xdpyinfo | grep -c depth
	done
}

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ghostscript.sh: pages of text, shapes and an image are drawn as bitmaps, and
# once more by way of PDF.
. "$(dirname "$0")/lib.sh"
need gs awk

program()
{
	awk 'BEGIN {
		print "%!PS-Adobe-3.0\n%%Pages: 30"
		for (p = 1; p <= 30; p++) {
			printf "%%%%Page: %d %d\n", p, p
			printf "/%s findfont %d scalefont setfont\n", p % 2 ? "Times-Roman" : "Helvetica", 6 + p % 9
			for (i = 0; i < 60; i++)
				printf "%d %d moveto (Page %d, line %d: the text of it) show\n", 36 + i % 5, 780 - i * 12, p, i
			for (i = 0; i < 300; i++)
				printf "%.2f %.2f %.2f setrgbcolor newpath %d %d %d 0 360 arc fill\n", i / 300, (p * i) % 7 / 7, p / 30, i * 37 % 600, i * p * 13 % 800, 3 + i % 20
			print "gsave 300 400 translate 1 1 30 { 12 rotate 0 0 moveto 200 50 100 150 50 200 curveto stroke } for grestore"
			print "/s 40 string def 0 1 39 { s exch dup 6 mul put } for"
			print "gsave 100 100 translate 200 200 scale 40 100 8 [40 0 0 100 0 0] { s } image grestore showpage"
		}
	}'
}
input work.ps program
rm -f out-*
draw()
{
	target gs -q -dBATCH -dNOPAUSE -dSAFER "$@"
}
draw -sDEVICE=ppmraw -r100 -sOutputFile=out-%02d.ppm work.ps || exit
cat out-*.ppm | digest
draw -sDEVICE=pdfwrite -sOutputFile=out-all.pdf work.ps || exit
draw -sDEVICE=pgmraw -r50 -sOutputFile=out-%02d.pgm out-all.pdf || exit
cat out-*.pgm | digest
rm -f out-*

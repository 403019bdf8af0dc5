#!/bin/bash
# SPDX-License-Identifier: MIT
#
# perl.sh: hashes, lists of records, sorts and regular expressions.
. "$(dirname "$0")/lib.sh"
need perl

program()
{
	cat << 'END'
use strict;
use warnings;
my ($n, $x, %h, @a, %tree) = (120000, 1);
sub rnd { $x = ($x * 1103515245 + 12345) % 2147483648; return $x % $_[0] }
for my $i (1 .. $n) {
	$h{"key" . rnd($n)} .= chr(97 + rnd(26)) x rnd(40);
	push @a, { id => $i, name => "n" . rnd($n), list => [map { rnd(9) } 1 .. 5] };
	delete $h{"key" . rnd($n)} if $i % 3 == 0;
}
my @s = sort { $a->{name} cmp $b->{name} || $a->{id} <=> $b->{id} } @a;
my $text = join ",", map { "$_->{name}:@{$_->{list}}" } @s;
my $count = () = $text =~ /(\d)\1/g;
(my $copy = $text) =~ s/(\w+)(\d)/$2$1/g;
$tree{substr $_, 0, 3}{length $_}++ for split /,/, $copy;
my $grown = "";
for my $i (1 .. $n) { $grown .= "x" x ($i % 50); substr($grown, 0, 20, "") if $i % 2 }
print join(" ", scalar(keys %h), $count, length($copy), length($grown),
	scalar(keys %tree), unpack("%32C*", $copy)), "\n";
END
}
input work.pl program
PERL_HASH_SEED=0 target perl work.pl

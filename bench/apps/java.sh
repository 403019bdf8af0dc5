#!/bin/bash
# SPDX-License-Identifier: MIT
#
# java.sh: what a virtual machine takes from malloc: its compiler, class data,
# direct buffers, zlib, and threads that come and go.
. "$(dirname "$0")/lib.sh"
need java javac

program()
{
	cat << 'END'
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.zip.*;

public class Work {
	static long churn(int seed) throws Exception {
		Random r = new Random(seed);
		List<ByteBuffer> direct = new ArrayList<>();
		CRC32 crc = new CRC32();
		for (int i = 0; i < 4000; i++) {
			ByteBuffer b = ByteBuffer.allocateDirect(1 + r.nextInt(20000));
			b.put(0, (byte)i);
			direct.add(b);
			if (direct.size() > 100)
				crc.update(direct.remove(r.nextInt(100)));
			if (i % 20 == 0) {
				Deflater d = new Deflater();
				d.setInput(("text " + i).repeat(50).getBytes());
				d.finish();
				byte[] out = new byte[2000];
				crc.update(out, 0, d.deflate(out));
				d.end();
			}
		}
		return crc.getValue();
	}

	public static void main(String[] args) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<Long>> f = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			int seed = i;
			f.add(pool.submit(() -> churn(seed)));
		}
		for (Future<Long> x : f)
			System.out.println(x.get());
		pool.shutdown();
		for (int i = 0; i < 300; i++) {
			Thread t = new Thread(() -> new StringBuilder("x".repeat(999)));
			t.start();
			t.join();
		}
	}
}
END
}
input Work.java program
if [ ! -e Work.class ]; then
	javac -J-Xmx256m -d . Work.java || exit
fi
target java -Xmx256m -XX:+UseSerialGC -cp . Work

package io.jukung.image.tar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Reading an archive of 200 files, as a layer has them, without writing them anywhere. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TarReaderBenchmark {
  private static final int FILES = 200;

  @Param({"200", "20000"})
  int fileBytes;

  private byte[] archive = {};

  @Setup
  public void make() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(bytes);
    for (int i = 0; i < FILES; i++) {
      writer.file("usr/share/doc/package-" + i + "/copyright", new byte[fileBytes]);
    }
    writer.finish();
    archive = bytes.toByteArray();
  }

  @Benchmark
  public int read() throws IOException {
    TarReader reader = new TarReader(new ByteArrayInputStream(archive));
    int files = 0;
    while (reader.next().isPresent()) {
      reader.content((fileOffset, source, start, length) -> {});
      files++;
    }
    return files;
  }
}

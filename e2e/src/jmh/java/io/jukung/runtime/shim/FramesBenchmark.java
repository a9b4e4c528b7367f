package io.jukung.runtime.shim;

import io.jukung.linux.libc.Memory;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.Reply;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A frame between the daemon and a shim. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FramesBenchmark {
  private final FromShim reply =
      FromShim.newBuilder().setReply(Reply.newBuilder().setId(1L << 40)).build();
  private final int bytes;
  private final Memory received;
  private final Frames frames = new Frames();

  public FramesBenchmark() {
    try {
      byte[] frame = Frames.encode(reply);
      this.bytes = frame.length;
      this.received = Memory.ofBytes(frame);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @TearDown
  public void free() {
    received.close();
  }

  @Benchmark
  public byte[] encode() throws IOException {
    return Frames.encode(reply);
  }

  @Benchmark
  public List<FromShim> take() throws IOException {
    return frames.take(received, bytes);
  }
}

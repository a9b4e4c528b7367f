package io.jukung.runtime.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InputWriterTest {
  private final AtomicInteger drained = new AtomicInteger();

  /** Else the client, who was told to wait, would wait for ever. */
  @Test
  void reportsRoomWhenThePipeTakesTheInputThatWasKept() throws Exception {
    try (DescriptorLoop loop = DescriptorLoop.start("input");
        Pipe pipe = Pipe.open()) {
      InputWriter input = new InputWriter(loop, drained::incrementAndGet);
      input.write(Unpooled.wrappedBuffer(new byte[260 * 1024]));
      assertThat(input.hasRoom()).isFalse();
      input.connect(Fd.own(pipe.writer().release()));
      assertThat(input.hasRoom()).isTrue();
      assertThat(drained).hasValue(1);
      input.close();
    }
  }
}

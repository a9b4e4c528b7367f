package io.jukung.runtime.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.terminal.Terminal;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResizeReaderTest {
  private static List<Terminal.Size> read(ResizeReader reader, String text) {
    return reader.read(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  @Test
  void sizesSplitOverMessagesAreRead() {
    String text = "{\"Width\":80,\"Height\":24}\n{\"Height\":43,\"Width\":132}";
    for (int cut = 0; cut <= text.length(); cut++) {
      ResizeReader reader = new ResizeReader();
      List<Terminal.Size> sizes = new ArrayList<>(read(reader, text.substring(0, cut)));
      sizes.addAll(read(reader, text.substring(cut)));
      assertThat(sizes).containsExactly(new Terminal.Size(80, 24), new Terminal.Size(132, 43));
    }
  }

  @Test
  void jsonThatIsNotASizeIsIgnored() {
    ResizeReader reader = new ResizeReader();
    assertThat(
            read(
                reader,
                "}{}[1]}{\"Width\":0,\"Height\":1}{\"Width\":70000,\"Height\":1}{\"Width\":-1}nonsense}"))
        .isEmpty();
    assertThat(read(reader, "{\"Width\":1,\"Height\":2}")).containsExactly(new Terminal.Size(1, 2));
  }

  @Test
  void randomBytesAreIgnored() {
    Random random = new Random(7);
    ResizeReader reader = new ResizeReader();
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      assertThat(reader.read(Unpooled.wrappedBuffer(bytes))).isEmpty();
    }
    read(reader, "}");
    assertThat(read(reader, "{\"Width\":1,\"Height\":2}")).hasSize(1);
  }
}

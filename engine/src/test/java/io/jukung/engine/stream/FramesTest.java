package io.jukung.engine.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class FramesTest {
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

  @Test
  void frameWithoutContentHasAHeaderAlone() throws IOException {
    new Frames(sent, false).writeNothing();
    assertThat(sent.toByteArray()).containsExactly(1, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void terminalGetsNothingThatItsUserWouldSee() throws IOException {
    new Frames(sent, true).writeNothing();
    assertThat(sent.toByteArray()).isEmpty();
  }

  @Test
  void outputsAreToldApartByTheirHeaders() throws IOException {
    Frames frames = new Frames(sent, false);
    frames.to(Frames.Output.STDERR).write(new byte[] {7, 8}, 0, 2);
    assertThat(sent.toByteArray()).containsExactly(2, 0, 0, 0, 0, 0, 0, 2, 7, 8);
  }
}

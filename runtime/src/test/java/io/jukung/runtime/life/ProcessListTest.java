package io.jukung.runtime.life;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.client.v1.TopProcess;
import org.junit.jupiter.api.Test;

class ProcessListTest {
  private static final String STAT =
      "4242 (a) b (c) S 17 4242 4242 34816 4242 4194560 100 0 0 0 250 50 0 0 20 0 1 0 12300 4096 1"
          + " 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0";

  @Test
  void nameWithParenthesesAndSpacesDoesNotShiftTheFields() {
    TopProcess process =
        ProcessList.parse(4242, 1000, STAT, "prog\0an arg\0\0".getBytes(UTF_8), 1_000_000);
    assertThat(process.getPid()).isEqualTo(4242);
    assertThat(process.getParentPid()).isEqualTo(17);
    assertThat(process.getUid()).isEqualTo(1000);
    assertThat(process.getTty()).isEqualTo(34816);
    assertThat(process.getCpuTime()).isEqualTo(3_000_000_000L);
    assertThat(process.getStartedAt()).isEqualTo(1_000_123_000_000_000L);
    assertThat(process.getCommandList()).containsExactly("prog", "an arg", "");
  }

  @Test
  void processWithoutArgumentsIsShownByItsNameInBrackets() {
    assertThat(ProcessList.parse(4242, 0, STAT, new byte[0], 0).getCommandList())
        .containsExactly("[a) b (c]");
  }
}

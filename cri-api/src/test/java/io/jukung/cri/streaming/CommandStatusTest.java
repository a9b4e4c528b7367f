package io.jukung.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Checks the texts that kubectl and kubelet parse. */
class CommandStatusTest {
  private static String json(CommandStatus status) {
    return new String(status.toJson(), StandardCharsets.UTF_8);
  }

  private static String text(CommandStatus status) {
    return new String(status.toText(), StandardCharsets.UTF_8);
  }

  @Test
  void exitCode0IsSuccess() {
    assertThat(json(new CommandStatus.Exited(0)))
        .isEqualTo("{\"metadata\":{},\"status\":\"Success\"}");
    assertThat(text(new CommandStatus.Exited(0))).isEmpty();
  }

  @Test
  void exitCodeOtherThan0IsInTheStatus() {
    assertThat(json(new CommandStatus.Exited(137)))
        .isEqualTo(
            "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero"
                + " exit code: exit code 137\",\"reason\":\"NonZeroExitCode\",\"details\":{"
                + "\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"137\"}]}}");
    assertThat(text(new CommandStatus.Exited(137))).endsWith("exit code 137");
  }

  @Test
  void failureIsAnInternalErrorWithItsMessage() {
    assertThat(json(new CommandStatus.Failed("it is \"gone\"")))
        .isEqualTo(
            "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Internal error occurred: it is"
                + " \\\"gone\\\"\",\"reason\":\"InternalError\",\"details\":{\"causes\":[{"
                + "\"message\":\"it is \\\"gone\\\"\"}]},\"code\":500}");
  }
}

package io.jukung.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitCodeTest {
  @ParameterizedTest
  @CsvSource({
    "'start of container c: exec \"/bin/x\": no such file or directory', 127",
    "'exec \"x\": executable file not found in $PATH', 127",
    "'exec \"/x: y\": permission denied', 126",
    "'exec \"/bin/x\": exec format error', 126",
    "'mount(src=/x): ENOENT No such file or directory', 125",
    "'container exec \"x\" not found', 125",
    "'', 125",
  })
  void startFailureBecomesDockersExitCode(String message, int code) {
    assertThat(ExitCode.ofStartFailure(message, ExitCode.USAGE)).isEqualTo(code);
  }
}

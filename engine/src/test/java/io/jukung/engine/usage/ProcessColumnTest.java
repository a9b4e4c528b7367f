package io.jukung.engine.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.TopProcess;
import io.jukung.engine.http.HttpError;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessColumnTest {
  private static List<String> titles(String arguments) {
    return ProcessColumn.parse(arguments).stream().map(ProcessColumn::title).toList();
  }

  @Test
  void argumentsOfDockerTopAreTheColumnsOfPs() {
    assertThat(titles("-ef"))
        .containsExactly("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-o pid,args", "-eo pid,args", "-e -o pid,args", "o pid,args"})
  void columnsAreChosen(String arguments) {
    assertThat(titles(arguments)).containsExactly("PID", "COMMAND");
    TopProcess process = TopProcess.newBuilder().setPid(7).addCommand("a").addCommand("b").build();
    assertThat(ProcessColumn.parse(arguments).stream().map(each -> each.of(process)))
        .containsExactly("7", "a b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"aux", "-o rss", "--version"})
  void otherArgumentsAreRefused(String arguments) {
    assertThatThrownBy(() -> ProcessColumn.parse(arguments))
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(501));
  }
}

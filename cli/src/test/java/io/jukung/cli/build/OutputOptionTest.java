package io.jukung.cli.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.BuildOutput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms of --output that docker has. */
class OutputOptionTest {
  @Test
  void formsMeanWhatTheyMeanToDocker() {
    assertThat(OutputOption.parse(List.of())).isEqualTo(OutputOption.STORED);
    assertThat(OutputOption.parse(List.of("out")))
        .isEqualTo(new OutputOption(BuildOutput.FILES_ARCHIVE, "out", true));
    assertThat(OutputOption.parse(List.of("-")))
        .isEqualTo(new OutputOption(BuildOutput.FILES_ARCHIVE, "-", false));
    assertThat(OutputOption.parse(List.of("type=local,dest=d")))
        .isEqualTo(new OutputOption(BuildOutput.FILES_ARCHIVE, "d", true));
    assertThat(OutputOption.parse(List.of("type=tar")))
        .isEqualTo(new OutputOption(BuildOutput.FILES_ARCHIVE, "-", false));
    assertThat(OutputOption.parse(List.of("type=oci,dest=f")))
        .isEqualTo(new OutputOption(BuildOutput.OCI_IMAGE_ARCHIVE, "f", false));
    assertThat(OutputOption.parse(List.of("dest=f,type=docker")))
        .isEqualTo(new OutputOption(BuildOutput.DOCKER_IMAGE_ARCHIVE, "f", false));
    assertThat(OutputOption.parse(List.of("type=docker"))).isEqualTo(OutputOption.STORED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=registry | type=registry is not implemented",
        "type=local | needs dest=DIR",
        "type=other,dest=x | the type other",
        "type=tar,compression=zstd | compression=zstd",
        "dest=x | has no type",
        "type=tar,type=oci | type twice"
      })
  void othersAreRefusedByName(String text, String message) {
    assertThatThrownBy(() -> OutputOption.parse(List.of(text))).hasMessageContaining(message);
  }
}

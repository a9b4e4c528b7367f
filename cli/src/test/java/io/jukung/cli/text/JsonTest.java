package io.jukung.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusResponse;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class JsonTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void messageIsWrittenByTheJsonMappingOfProto3() {
    ContainerMetadata metadata =
        ContainerMetadata.newBuilder().setName("größe").setAttempt(0xffff_ffff).build();

    Json.print(metadata, new PrintStream(out, true));

    assertThat(out)
        .as("an unsigned number")
        .hasToString("{\n  \"name\" : \"größe\",\n  \"attempt\" : 4294967295\n}\n");
  }

  @Test
  void defaultValuesAreWrittenAndUnsetMessagesAreNot() {
    Json.print(ContainerStatusResponse.getDefaultInstance(), new PrintStream(out, true));
    Json.print(
        ContainerStatusResponse.newBuilder()
            .setStatus(ContainerStatus.newBuilder().setCreatedAt(1L << 60))
            .build(),
        new PrintStream(out, true));

    assertThat(out.toString().lines().limit(3)).containsExactly("{", "  \"info\" : { }", "}");
    assertThat(out.toString())
        .contains(
            "\"createdAt\" : \"1152921504606846976\"", "\"exitCode\" : 0", "\"mounts\" : [ ]");
  }
}

package io.jukung.engine.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import org.junit.jupiter.api.Test;

class ConfigInstructionsTest {
  @Test
  void everyMemberBecomesItsInstructionAndCommandComesBeforeEntryPoint() {
    String config =
        """
        {"Env":["A=b","EMPTY=","NO_VALUE"],"Entrypoint":["/e"],"Cmd":["a","b c"],"User":"me",
         "WorkingDir":"/w","StopSignal":"SIGINT","Labels":{"k":"v"},"ExposedPorts":{"80/tcp":{}},
         "Volumes":{"/data":{}},"OnBuild":["RUN x"],"Tty":true,"Hostname":"h"}
        """;
    assertThat(ConfigInstructions.of(Json.parse(config)))
        .containsExactly(
            "ENV A=\"b\"",
            "ENV EMPTY=\"\"",
            "CMD [\"a\",\"b c\"]",
            "ENTRYPOINT [\"/e\"]",
            "USER \"me\"",
            "WORKDIR \"/w\"",
            "STOPSIGNAL \"SIGINT\"",
            "LABEL \"k\"=\"v\"",
            "EXPOSE 80/tcp",
            "VOLUME [\"/data\"]",
            "ONBUILD RUN x");
  }

  @Test
  void noVariableIsReplacedInAValue() {
    assertThat(ConfigInstructions.of(Json.parse("{\"Env\":[\"A=$B \\\"q\\\" \\\\\"]}")))
        .containsExactly("ENV A=\"\\$B \\\"q\\\" \\\\\"");
  }

  @Test
  void memberWithoutAnInstructionIsRefusedByItsName() {
    assertThatThrownBy(
            () -> ConfigInstructions.of(Json.parse("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}")))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("Config.Healthcheck");
    assertThat(ConfigInstructions.of(Json.object())).isEmpty();
  }
}

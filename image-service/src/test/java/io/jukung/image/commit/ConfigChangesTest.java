package io.jukung.image.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigChangesTest {
  private static final String BEFORE =
      "{'Env':['A=1'],'Cmd':['old'],'WorkingDir':'/srv'}".replace('\'', '"');

  private static ObjectNode changed(String... instructions) throws Exception {
    ObjectNode config = (ObjectNode) new ObjectMapper().readTree(BEFORE);
    new ConfigChanges(config).apply(List.of(instructions));
    return config;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CMD [\"a\", \"b c\"]               | Cmd          | [\"a\",\"b c\"]",
        "cmd echo $A                        | Cmd          | [\"/bin/sh\",\"-c\",\"echo $A\"]",
        "CMD [a]                            | Cmd          | [\"/bin/sh\",\"-c\",\"[a]\"]",
        "ENV B=2                            | Env          | [\"A=1\",\"B=2\"]",
        "ENV A=2 B=\"x $A\" C=\"\\$A\"      | Env          | [\"A=2\",\"B=x 1\",\"C=$A\"]",
        "ENV A some text                    | Env          | [\"A=some text\"]",
        "ENV B=${A:-9}${X:-9}${A:+y} C=a\\ b | Env         | [\"A=1\",\"B=19y\",\"C=a b\"]",
        "ENV A=                             | Env          | [\"A=\"]",
        "EXPOSE 80 53/udp 8000-8001/TCP     | ExposedPorts | {\"80/tcp\":{},\"53/udp\":{},\"8000/tcp\":{},\"8001/tcp\":{}}",
        "LABEL a=b \"c d\"=\"e f\"          | Labels       | {\"a\":\"b\",\"c d\":\"e f\"}",
        "ONBUILD RUN make                   | OnBuild      | [\"RUN make\"]",
        "STOPSIGNAL SIGQUIT                 | StopSignal   | \"SIGQUIT\"",
        "USER 7:8                           | User         | \"7:8\"",
        "VOLUME [\"/a b\", \"/c\"]          | Volumes      | {\"/a b\":{},\"/c\":{}}",
        "VOLUME /a /c                       | Volumes      | {\"/a\":{},\"/c\":{}}",
        "WORKDIR app/../x                   | WorkingDir   | \"/srv/x\"",
        "WORKDIR /$A                        | WorkingDir   | \"/1\"",
      })
  void instructionChangesItsField(String instruction, String field, String value) throws Exception {
    assertThat(changed(instruction).path(field)).hasToString(value);
  }

  @Test
  void newEntryPointDropsTheCommandThatWasForTheOldOne() throws Exception {
    assertThat(changed("ENTRYPOINT [\"x\"]").has("Cmd")).isFalse();
    assertThat(changed("CMD [\"y\"]", "ENTRYPOINT [\"x\"]").path("Cmd")).hasToString("[\"y\"]");
    assertThat(changed("ENTRYPOINT [\"x\"]", "CMD [\"y\"]").path("Cmd")).hasToString("[\"y\"]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RUN x",
        "FROM x",
        "CMD",
        "",
        "ENV A",
        "ENV =1",
        "ENV A=1 B",
        "ENV A=\"1",
        "ENV A='1",
        "ENV A=${B",
        "ENV A=${B^}",
        "EXPOSE x",
        "EXPOSE 0",
        "EXPOSE 65536",
        "EXPOSE 9-8",
        "EXPOSE 80/xyz",
        "LABEL a",
      })
  void otherTextIsRefusedAndNamed(String instruction) {
    assertThatThrownBy(() -> changed(instruction)).isInstanceOf(CriException.class);
  }
}

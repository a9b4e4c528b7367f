package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.ExecAsRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecOptionsTest {
  private static final AccountFiles FILES =
      AccountFiles.parse(
          "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv/web:/bin/sh\n",
          "root:x:0:\nweb:x:34:\nmedia:x:40:web\n");

  private static final Spec.Process CONTAINER =
      new Spec.Process(
          false,
          new Spec.User(0, 0, null, List.of(0)),
          List.of("sleep"),
          List.of("PATH=/bin", "HOME=/root", "A=b"),
          "/work",
          CapabilityRules.of(LinuxContainerSecurityContext.getDefaultInstance()),
          List.of(),
          true,
          null,
          "jukung-default",
          null);

  private static Spec.Process process(ExecAsRequest.Builder request) {
    return ExecOptions.of(request.build(), CONTAINER, FILES).apply(CONTAINER);
  }

  @Test
  void withoutOptionsTheProcessIsAsThatOfTheContainer() {
    assertThat(process(ExecAsRequest.newBuilder())).isEqualTo(CONTAINER);
    assertThat(ExecOptions.NONE.apply(CONTAINER)).isEqualTo(CONTAINER);
  }

  @Test
  void variablesAreSetReplacedAndTakenAway() {
    assertThat(
            process(
                    ExecAsRequest.newBuilder()
                        .addEnvironment("A=c=d")
                        .addEnvironment("N=")
                        .addEnvironment("PATH"))
                .env())
        .containsExactly("HOME=/root", "A=c=d", "N=");
  }

  @Test
  void userHasItsGroupsAndItsHomeDirectory() {
    Spec.Process process = process(ExecAsRequest.newBuilder().setUser("web"));
    assertThat(process.user()).isEqualTo(new Spec.User(33, 34, null, List.of(34, 40)));
    assertThat(process.env()).contains("HOME=/srv/web");
    assertThat(process(ExecAsRequest.newBuilder().setUser("7:web")).user())
        .isEqualTo(new Spec.User(7, 34, null, List.of(34)));
    assertThat(process(ExecAsRequest.newBuilder().setUser("web").addEnvironment("HOME=/h")).env())
        .contains("HOME=/h");
  }

  @Test
  void privilegedProcessHasAllCapabilitiesAndTheContainersOtherLimits() {
    Spec.Process process =
        process(ExecAsRequest.newBuilder().setPrivileged(true).setWorkingDirectory("/tmp"));
    assertThat(process.capabilities().effective()).contains("CAP_SYS_ADMIN");
    assertThat(process.apparmorProfile()).isNull();
    assertThat(process.noNewPrivileges()).isTrue();
    assertThat(process.cwd()).isEqualTo("/tmp");
  }

  @Test
  void whatCannotBeIsRefused() {
    for (ExecAsRequest.Builder each :
        List.of(
            ExecAsRequest.newBuilder().setUser("nobody"),
            ExecAsRequest.newBuilder().setUser("web:nogroup"),
            ExecAsRequest.newBuilder().setWorkingDirectory("tmp"),
            ExecAsRequest.newBuilder().addEnvironment("=a"))) {
      assertThatThrownBy(() -> process(each)).isInstanceOf(CriException.class);
    }
  }
}

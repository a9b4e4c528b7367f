package io.jukung.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestSubjectTest {
  private static final String ID = "0123456789abcdef".repeat(4);

  @AfterEach
  void forget() {
    RequestSubject.findNamesBy(_ -> Optional.empty());
  }

  @Test
  void newPodIsNamed() {
    RunPodSandboxRequest request =
        RunPodSandboxRequest.newBuilder()
            .setConfig(
                PodSandboxConfig.newBuilder()
                    .setMetadata(
                        PodSandboxMetadata.newBuilder().setName("web").setNamespace("default")))
            .build();
    assertThat(RequestSubject.call(request)).isEqualTo("RunPodSandbox");
    assertThat(RequestSubject.of(request)).isEqualTo("default/web");
  }

  @Test
  void knownPodIsNamedAndAnUnknownOneHasItsIdCut() {
    StopPodSandboxRequest request = StopPodSandboxRequest.newBuilder().setPodSandboxId(ID).build();
    assertThat(RequestSubject.of(request)).isEqualTo("0123456789ab");
    RequestSubject.findNamesBy(id -> Optional.of("default/web (" + id.length() + ")"));
    assertThat(RequestSubject.of(request)).isEqualTo("default/web (64)");
  }

  @Test
  void newContainerHasItsPodAndItsName() {
    CreateContainerRequest request =
        CreateContainerRequest.newBuilder()
            .setPodSandboxId(ID)
            .setConfig(
                ContainerConfig.newBuilder()
                    .setMetadata(ContainerMetadata.newBuilder().setName("app")))
            .build();
    assertThat(RequestSubject.of(request)).isEqualTo("0123456789ab app");
  }

  @Test
  void secretsAreNoSubject() {
    PullRequest request =
        PullRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage("quay.io/a:1"))
            .setAuth(AuthConfig.newBuilder().setPassword("s3cr3t"))
            .build();
    assertThat(RequestSubject.of(request)).isEqualTo("quay.io/a:1");
    assertThat(RequestSubject.of(VersionRequest.getDefaultInstance())).isEqualTo("-");
  }

  @Test
  void stackOfAFaultIsLoggedOnce() {
    LoggedStacks stacks = new LoggedStacks();
    for (int i = 0; i < 3; i++) {
      assertThat(stacks.isFirst(fault())).isEqualTo(i == 0);
    }
    assertThat(stacks.isFirst(new IllegalStateException("elsewhere"))).isTrue();
  }

  private static IllegalStateException fault() {
    return new IllegalStateException("here");
  }
}

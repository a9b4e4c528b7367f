package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import org.junit.jupiter.api.Test;

class EncodedMessageTest {
  @Test
  void preparedItemsMakeTheSameBytesAsTheMessage() {
    Container small = Container.newBuilder().setId("a").build();
    Container large = Container.newBuilder().setId("b").putLabels("k", "x".repeat(70_000)).build();
    EncodedMessage encoded = new EncodedMessage();
    for (Container each : new Container[] {small, large, Container.getDefaultInstance()}) {
      encoded.add(ListContainersResponse.CONTAINERS_FIELD_NUMBER, each.toByteArray());
    }
    byte[] expected =
        ListContainersResponse.newBuilder()
            .addContainers(small)
            .addContainers(large)
            .addContainers(Container.getDefaultInstance())
            .build()
            .toByteArray();
    assertThat(encoded.toByteArray()).isEqualTo(expected);
    assertThat(encoded.size()).isEqualTo(expected.length);
  }

  @Test
  void messageWithoutFieldsIsEmpty() {
    assertThat(new EncodedMessage().toByteArray()).isEmpty();
    assertThat(new EncodedMessage().size()).isZero();
  }

  @Test
  void otherFieldsAreAddedAsAMessage() throws Exception {
    PodSandboxStatus pod = PodSandboxStatus.newBuilder().setId("pod").build();
    ContainerStatus container = ContainerStatus.newBuilder().setId("c").build();
    EncodedMessage encoded =
        new EncodedMessage()
            .add(PodSandboxStatusResponse.STATUS_FIELD_NUMBER, pod.toByteArray())
            .add(PodSandboxStatusResponse.newBuilder().setTimestamp(5).build())
            .add(
                PodSandboxStatusResponse.CONTAINERS_STATUSES_FIELD_NUMBER, container.toByteArray());
    assertThat(PodSandboxStatusResponse.parseFrom(encoded.toByteArray()))
        .isEqualTo(
            PodSandboxStatusResponse.newBuilder()
                .setStatus(pod)
                .setTimestamp(5)
                .addContainersStatuses(container)
                .build());
  }
}

package io.jukung.cli.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import org.junit.jupiter.api.Test;

class StopTimeTest {
  @Test
  void containerHasItsOwnTimeUnlessTheCommandNamesOne() {
    Container plain = Container.getDefaultInstance();
    Container patient =
        Container.newBuilder()
            .putAnnotations(OwnContainers.OPTIONS, "{\"stopTimeoutSeconds\":120}")
            .build();
    assertThat(StopTime.ofContainer(plain)).isEqualTo(10);
    assertThat(StopTime.ofContainer(patient)).isEqualTo(120);
    StopTime time = new StopTime();
    assertThat(time.of(patient)).isEqualTo(120);
    time.seconds = 3L;
    assertThat(time.of(patient)).isEqualTo(3);
  }
}

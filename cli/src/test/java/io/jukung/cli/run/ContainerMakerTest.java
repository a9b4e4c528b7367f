package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.client.OwnContainers;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerMakerTest {
  @ParameterizedTest
  @CsvSource({
    "busybox, busybox-",
    "registry:5000/library/busybox:1.36, busybox-",
    "x/y@sha256:abc, y-",
    "a/__b, container-",
    "docker.io/my.app, my-app-",
  })
  void generatedNameBeginsWithTheImagesName(String image, String start) {
    assertThat(OwnContainers.generatedName(image)).matches(Pattern.quote(start) + "[0-9a-f]{4}");
  }
}

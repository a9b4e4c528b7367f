package io.jukung.engine.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {
  @ParameterizedTest
  @CsvSource({
    "linux,amd64,true",
    "linux/amd64,amd64,true",
    "linux/arm64,arm64,true",
    "linux/arm64/v8,arm64,true",
    "linux/arm64,amd64,false",
    "linux/arm64/v8,amd64,false",
    "linux/arm64/v9,arm64,false",
    "linuxkit,amd64,false",
    "windows/amd64,amd64,false",
  })
  void onlyThatOfTheNodeIsItsOwn(String platform, String architecture, boolean own) {
    assertThat(Platform.isOwn(platform, architecture)).isEqualTo(own);
  }
}

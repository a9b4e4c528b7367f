package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SliceNameTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          kubepods.slice                        ; /kubepods.slice
          kubepods-burstable-pod1_2.slice       ; /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice
          -.slice                               ; ''
          """)
  void eachDashIsOneLevelInTheCgroupTree(String name, String path) {
    assertThat(new SliceName(name).path()).isEqualTo(path);
    assertThat(SliceName.parse(name).name()).isEqualTo(name);
    if (!path.isEmpty()) {
      assertThat(SliceName.parse(path).name()).as("by its path").isEqualTo(name);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          /kubepods/burstable/pod12ab-34cd ; kubepods-burstable-pod12ab_34cd.slice
          kubepods/besteffort              ; kubepods-besteffort.slice
          /jukung                          ; jukung.slice
          """)
  void cgroupfsPathIsConvertedAsKubeletConvertsIt(String path, String name) {
    assertThat(SliceName.parse(path).name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a--b.slice",
        "-a.slice",
        "a-.slice",
        ".slice",
        "a b.slice",
        "/../etc",
        "/elsewhere/a-b.slice"
      })
  void textThatIsNotASliceIsRefused(String text) {
    assertThatThrownBy(() -> SliceName.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}

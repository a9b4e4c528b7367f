package io.jukung.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CgroupSettingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          memory.max  ; 4096                ; max                           ; max
          cpu.max     ; 5000 100000         ; max 100000                    ; max 100000
          cpuset.cpus ; 0-1                 ; ''                            ; ''
          io.max      ; 8:0 rbps=1 wiops=2  ; ''                            ; 8:0 rbps=max wiops=max
          io.max      ; 8:0 rbps=1          ; 8:16 rbps=7|8:0 rbps=5 wbps=6 ; 8:0 rbps=5 wbps=6
          io.weight   ; 8:0 50              ; default 100                   ; 8:0 default
          io.weight   ; default 50          ; default 100                   ; default 100
          """)
  void restoringValueIsTheFormerContentOrNoLimit(
      String file, String value, String before, String restoring) {
    assertThat(new CgroupSetting("f", file, value).restoring(before.replace('|', '\n')))
        .isEqualTo(restoring);
  }
}

package io.jukung.runtime.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.namespace.IdMappings.Range;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubordinateIdsTest {
  private static final Path FILE = Path.of("/etc/subuid");

  private static Range free(String text, Range... inUse) {
    return SubordinateIds.parse(text).free(List.of(inUse), FILE);
  }

  private static Range pod(long first) {
    return new Range(first, 65_536);
  }

  @Test
  void withoutOwnLinesIdsThatNobodyUsesAreChosenLowestFirst() {
    assertThat(free("")).isEqualTo(pod(0x7000_0000L));
    assertThat(free("", pod(0x7000_0000L), pod(0x7002_0000L))).isEqualTo(pod(0x7001_0000L));
    assertThat(free("", pod(0x7001_8000L), pod(0x7000_0000L))).isEqualTo(pod(0x7002_8000L));
  }

  @Test
  void idsOfOtherUsersOfTheFileAreLeftAlone() {
    assertThat(free("alice:1879048192:100\n# a remark\nbob:1879113000:65536"))
        .isEqualTo(pod(1_879_178_536L));
  }

  @Test
  void idsOfTheUserJukungAreTheOnlyOnesThatAreChosen() {
    String file = "containers:0:4294967295\njukung:300000:70000\n jukung:500000:131072 \n";
    assertThat(free(file)).isEqualTo(pod(300_000));
    assertThat(free(file, pod(300_000))).isEqualTo(pod(500_000));
    assertThat(free(file, pod(300_000), pod(500_000))).isEqualTo(pod(565_536));
    assertThatThrownBy(() -> free(file, pod(300_000), pod(500_000), pod(565_536)))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
        .hasMessageContaining("give the user jukung more of them in /etc/subuid");
  }

  @Test
  void linesThatAreNoneAreIgnored() {
    String file = "jukung\njukung:1\njukung:a:b\njukung:4294967290:65536\njukung:70000:99999999999";
    assertThat(free(file)).isEqualTo(pod(0x7000_0000L));
  }

  @Test
  void podsGetAllIdsThatThereAreAndNoTwoTheSame() {
    SubordinateIds ids = SubordinateIds.parse("");
    List<Range> given = new ArrayList<>();
    for (int i = 0; i < 4094; i++) {
      given.add(ids.free(given, FILE));
    }
    assertThat(given).doesNotHaveDuplicates().last().isEqualTo(pod(0x7FFD_0000L));
    assertThatThrownBy(() -> ids.free(given, FILE)).isInstanceOf(CriException.class);
  }

  @Test
  void fileNeedNotExistAndIsNotReadWithoutBound(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("subuid");
    assertThat(SubordinateIds.read(file).free(List.of(), file)).isEqualTo(pod(0x7000_0000L));
    Files.writeString(file, "jukung:900000:65536\n");
    assertThat(SubordinateIds.read(file).free(List.of(), file)).isEqualTo(pod(900_000));
    Files.write(file, new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> SubordinateIds.read(file)).hasMessageContaining("is longer than");
  }
}

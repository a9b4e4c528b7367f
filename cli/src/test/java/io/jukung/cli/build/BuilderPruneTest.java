package io.jukung.cli.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.PruneBuildCacheRequest;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BuilderPruneTest {
  @ParameterizedTest
  @CsvSource({
    "'', 0s, false, 0, false, false",
    "'', 7d, true, 604800, true, false",
    "until=24h, 0s, false, 86400, false, false",
    "unused-for=1h30m, 0s, true, 5400, true, false",
    "until=1h unused-for=2h, 30m, false, 7200, false, false",
    "type=exec.cachemount, 0s, false, 0, true, true",
    "type=regular, 0s, true, 0, false, false",
    "type=regular type=exec.cachemount, 0s, false, 0, true, false",
  })
  void filtersSayWhatIsKept(
      String filters, String unusedFor, boolean all, long seconds, boolean mounts, boolean only) {
    List<String> given = filters.isEmpty() ? List.of() : List.of(filters.split(" "));
    assertThat(BuilderPrune.request(given, unusedFor, all))
        .isEqualTo(
            PruneBuildCacheRequest.newBuilder()
                .setUnusedSeconds(seconds)
                .setMounts(mounts)
                .setMountsOnly(only)
                .build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "until=",
        "until=soon",
        "until=1h5",
        "label=a",
        "type=source.local",
        "type=exec.cachemount until=1h"
      })
  void otherFiltersAreRefused(String filters) {
    List<String> given = List.of(filters.split(" "));
    assertThatThrownBy(() -> BuilderPrune.request(given, "0s", false))
        .isInstanceOf(CliException.class);
  }
}

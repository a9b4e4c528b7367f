package io.jukung.engine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ImageFiltersTest {
  private static ImageFilters dangling(String value) {
    return ImageFilters.ofPrune(Json.parse("{\"dangling\":[\"" + value + "\"]}"));
  }

  @Test
  void pruneIsAboutNamelessImagesUnlessItSaysNo() {
    assertThat(ImageFilters.ofPrune(Json.object()).isOnlyDangling()).isTrue();
    assertThat(dangling("true").isOnlyDangling()).isTrue();
    assertThat(dangling("1").isOnlyDangling()).isTrue();
    assertThat(dangling("false").isOnlyDangling()).isFalse();
    assertThat(dangling("0").isOnlyDangling()).isFalse();
  }

  @Test
  void imageWithoutATimeOrWithAnotherTextIsFromTheEpoch() {
    assertThat(ImageFilters.created(Json.parse("{\"created\":\"1970-01-02T00:00:00+01:00\"}")))
        .isEqualTo(Instant.ofEpochSecond(23 * 3600));
    assertThat(ImageFilters.created(Json.object())).isEqualTo(Instant.EPOCH);
    assertThat(ImageFilters.created(Json.parse("{\"created\":\"yesterday\"}")))
        .isEqualTo(Instant.EPOCH);
  }

  @Test
  void misspeltTruthIsRefusedAndPrunesNothing() {
    assertThatThrownBy(() -> dangling("ja").isOnlyDangling())
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("invalid filter 'dangling=ja'");
  }
}

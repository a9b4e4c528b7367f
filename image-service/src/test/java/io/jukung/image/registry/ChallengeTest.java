package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  @Test
  void quotedValueMayHaveCommas() {
    assertThat(
            Challenge.parse(
                List.of(
                    "Bearer realm=\"https://auth.example/token\",service=\"reg\","
                        + "scope=\"repository:a:pull,push\"")))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://auth.example/token",
                    "service", "reg",
                    "scope", "repository:a:pull,push")));
  }

  @Test
  void challengesMayShareOneHeaderOrHaveOneEach() {
    assertThat(
            Challenge.parse(
                List.of("Negotiate, BASIC realm = \"x \\\"y\\\"\" , Bearer realm=plain", "Digest")))
        .containsExactly(
            new Challenge("negotiate", Map.of()),
            new Challenge("basic", Map.of("realm", "x \"y\"")),
            new Challenge("bearer", Map.of("realm", "plain")),
            new Challenge("digest", Map.of()));
  }

  @Test
  void firstOfTwoParametersOfOneNameCounts() {
    assertThat(Challenge.parse(List.of("Bearer realm=a, realm=b")).getFirst().parameter("realm"))
        .contains("a");
  }

  @Test
  void parsingOfRandomTextEnds() {
    Random random = new Random(7);
    String alphabet = "aB=,\" \\\t;é";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder header = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        header.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      assertThat(Challenge.parse(List.of(header.toString())).size())
          .isLessThanOrEqualTo(header.length());
    }
  }
}

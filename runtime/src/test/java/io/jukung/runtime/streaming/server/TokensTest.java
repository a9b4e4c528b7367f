package io.jukung.runtime.streaming.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.runtime.streaming.session.StreamRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokensTest {
  private static final StreamRequest REQUEST = new StreamRequest.PortForward("sandbox", List.of());

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1000); // it may run over
  private final Tokens tokens = new Tokens(clock::get);

  @Test
  void tokenCanBeUsedOnce() {
    String token = tokens.give(REQUEST);
    assertThat(tokens.take("x" + token)).isNull();
    assertThat(tokens.take("")).isNull();
    assertThat(tokens.take(token)).isSameAs(REQUEST);
    assertThat(tokens.take(token)).isNull();
  }

  @Test
  void tokenExpires() {
    String early = tokens.give(REQUEST);
    clock.addAndGet(Tokens.LIFETIME.toNanos() - 1);
    String late = tokens.give(REQUEST);
    clock.addAndGet(1);
    assertThat(tokens.take(early)).isNull();
    assertThat(tokens.take(late)).isSameAs(REQUEST);
  }

  @Test
  void tokensAreLongAndDiffer() {
    Set<String> given = new HashSet<>();
    for (int i = 0; i < Tokens.MAX_PENDING; i++) {
      assertThat(given.add(tokens.give(REQUEST))).isTrue();
    }
    assertThat(given).allMatch(token -> token.matches("[A-Za-z0-9_-]{32}"));
  }

  @Test
  void numberOfUnusedTokensIsLimited() {
    for (int i = 0; i < Tokens.MAX_PENDING; i++) {
      tokens.give(REQUEST);
    }
    assertThatThrownBy(() -> tokens.give(REQUEST))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("1000");
    clock.addAndGet(Tokens.LIFETIME.toNanos());
    assertThat(tokens.take(tokens.give(REQUEST))).isSameAs(REQUEST);
  }
}

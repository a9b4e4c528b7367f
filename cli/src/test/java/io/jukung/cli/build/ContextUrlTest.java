package io.jukung.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContextUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://me:se%40cret@git.example:8443/a.git#main:sub, https://git.example:8443/a.git#main:sub,"
        + " https://git.example:8443/a.git#main:sub, https://git.example:8443, me, se@cret",
    "https://me:p@ss@host/a.git, https://host/a.git, https://host/a.git, https://host, me, p@ss",
    "https://token@host/a.git, https://host/a.git, https://host/a.git, https://host, token, ''",
    "http://u:p+q%@host/f?sig=x, http://host/f?sig=x, http://host/f, http://host, u, p+q%",
  })
  void userIsTakenOutOfTheAddress(
      String text, String address, String shown, String origin, String user, String password) {
    ContextUrl url = ContextUrl.of(text);
    assertThat(url.address()).isEqualTo(address);
    assertThat(url.shown()).isEqualTo(shown);
    assertThat(url.origin()).isEqualTo(origin);
    assertThat(url.login()).contains(new ContextUrl.Login(user, password));
    assertThat(url.toString()).doesNotContain(password.isEmpty() ? user : password);
  }

  @Test
  void urlWithoutAUserStaysAsItIs() {
    for (String text :
        new String[] {"https://host/a@b.git", "git@host:a.git", "ssh://git@host/a", "host"}) {
      assertThat(ContextUrl.of(text).address()).isEqualTo(text);
      assertThat(ContextUrl.of(text).login()).isEmpty();
    }
  }

  @Test
  void signatureInTheQueryIsNotShown() {
    assertThat(ContextUrl.of("https://host/c.tgz?X-Signature=abc#main").shown())
        .isEqualTo("https://host/c.tgz#main");
  }
}

package io.jukung.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RemoteContextTest {
  private static @Nullable PasswordAuthentication ask(String context, String asking)
      throws Exception {
    URI uri = URI.create(asking);
    return new RemoteContext.HostLogin(URI.create(context), new ContextUrl.Login("ann", "secret"))
        .requestPasswordAuthenticationInstance(
            uri.getHost(),
            null,
            uri.getPort(),
            uri.getScheme(),
            "realm",
            "basic",
            uri.toURL(),
            Authenticator.RequestorType.SERVER);
  }

  @Test
  void loginIsGivenToTheServerOfTheUrl() throws Exception {
    assertThat(ask("https://a.example/context.tar", "https://a.example/other.tar")).isNotNull();
    assertThat(ask("https://a.example/context.tar", "https://a.example:443/x")).isNotNull();
    assertThat(ask("http://a.example:8080/context.tar", "http://a.example:8080/x")).isNotNull();
  }

  @Test
  void loginIsNotGivenToAnotherPortOfTheHost() throws Exception {
    assertThat(ask("https://a.example/context.tar", "https://a.example:8443/x")).isNull();
    assertThat(ask("http://a.example/context.tar", "http://a.example:8080/x")).isNull();
    assertThat(ask("http://a.example:8080/context.tar", "http://a.example/x")).isNull();
  }

  @Test
  void loginIsNotGivenToAnotherHostOrScheme() throws Exception {
    assertThat(ask("https://a.example/context.tar", "https://b.example/x")).isNull();
    assertThat(ask("https://a.example/context.tar", "http://a.example/x")).isNull();
  }
}

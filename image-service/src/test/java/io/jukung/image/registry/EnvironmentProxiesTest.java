package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentProxiesTest {
  private static String proxy(Map<String, String> environment, String target) throws Exception {
    return EnvironmentProxies.of(environment)
        .of(URI.create(target))
        .map(ProxyServer::toString)
        .orElse("none");
  }

  @ParameterizedTest
  @CsvSource({
    "'', https://a.example, true",
    "'a.example', https://a.example, false",
    "'a.example', https://A.EXAMPLE, false",
    "'a.example', https://sub.a.example, false",
    "'a.example', https://ba.example, true",
    "'.a.example', https://a.example, true",
    "'.a.example', https://sub.a.example, false",
    "'*.a.example', https://sub.a.example, false",
    "'*.a.example', https://a.example, true",
    "'*', https://a.example, false",
    "'x, *', https://a.example, false",
    "' b.example ,a.example', https://b.example, false",
    "'a.example:5000', https://a.example:5000, false",
    "'a.example:5000', https://a.example, true",
    "'a.example:443', https://a.example, false",
    "'a.example:x', https://a.example, true",
    "'10.0.0.0/8', https://10.1.2.3:5000, false",
    "'10.0.0.0/8', https://11.1.2.3, true",
    "'10.0.0.0/33', https://10.1.2.3, true",
    "'10.128.0.0/9', https://10.127.0.1, true",
    "'10.1.2.3', https://10.1.2.3, false",
    "'10.1.2.3:80', https://10.1.2.3, true",
    "'2001:db8::/32', https://[2001:db8::1]:5000, false",
    "'[2001:db8::1]:5000', https://[2001:db8::1]:5000, false",
    "'2001:db8::1', https://[2001:db8::1], false",
    "'10.0.0.0/8', https://a.example, true",
    "'', https://localhost:5000, false",
    "'', https://127.0.0.1:5000, false",
    "'', https://127.9.9.9, false",
    "'', https://[::1]:5000, false",
    "'', https://localhost.example, true",
  })
  void noProxyIsReadAsGoReadsIt(String noProxy, String target, boolean proxied) throws Exception {
    assertThat(proxy(Map.of("HTTPS_PROXY", "p:1", "NO_PROXY", noProxy), target))
        .isEqualTo(proxied ? "http://p:1" : "none");
  }

  @Test
  void schemeOfTheRequestChoosesTheVariable() throws Exception {
    Map<String, String> both = Map.of("HTTP_PROXY", "h:1", "HTTPS_PROXY", "s:1");
    assertThat(proxy(both, "http://a.example")).isEqualTo("http://h:1");
    assertThat(proxy(both, "https://a.example")).isEqualTo("http://s:1");
    assertThat(proxy(Map.of("HTTP_PROXY", "h:1"), "https://a.example")).isEqualTo("none");
  }

  @Test
  void namesInLowerCaseCountIfThereAreNoneInUpperCase() throws Exception {
    assertThat(proxy(Map.of("https_proxy", "l:1"), "https://a.example")).isEqualTo("http://l:1");
    assertThat(proxy(Map.of("https_proxy", "l:1", "HTTPS_PROXY", "u:1"), "https://a.example"))
        .isEqualTo("http://u:1");
    assertThat(proxy(Map.of("https_proxy", "l:1", "HTTPS_PROXY", ""), "https://a.example"))
        .isEqualTo("http://l:1");
    assertThat(proxy(Map.of("https_proxy", "l:1", "no_proxy", "a.example"), "https://a.example"))
        .isEqualTo("none");
  }

  @ParameterizedTest
  @CsvSource({
    "http://p.example, http://p.example:80",
    "http://p.example:3128/, http://p.example:3128",
    "p.example:3128, http://p.example:3128",
    "http://u:pa55@p.example, http://p.example:80 (with a user)",
    "http://[::1]:3128, http://[::1]:3128",
  })
  void proxyIsShownWithoutItsPassword(String value, String shown) throws Exception {
    assertThat(proxy(Map.of("HTTPS_PROXY", value), "https://a.example")).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "socks5://u:pa55@p, names a proxy of the scheme socks5",
    "https://u:pa55@p, names a proxy of the scheme https",
    "http://u:pa55@p:99999, is not the URL of a proxy",
    "http://u:pa55@ p, is not the URL of a proxy",
  })
  void valueThatCannotBeUsedIsAnErrorWithoutThePassword(String value, String problem) {
    assertThatThrownBy(() -> proxy(Map.of("HTTPS_PROXY", value), "https://a.example"))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("HTTPS_PROXY of the daemon's environment " + problem)
        .satisfies(e -> assertThat(e.toString()).doesNotContain("pa55"));
  }
}

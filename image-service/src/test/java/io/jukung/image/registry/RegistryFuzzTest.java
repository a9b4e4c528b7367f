package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.Fuzz;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.tar.TestTar;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers of registries and token servers, and host configurations, that nobody meant. */
@Timeout(180)
class RegistryFuzzTest {
  /** Each is a pull with several requests. */
  private static final int PULLS = Integer.getInteger("fuzz.rounds", 60);

  @TempDir Path temporary;

  @Test
  void hostConfigurationsAreParsedOrRefused() throws Exception {
    String toml =
        """
        server = "https://registry.test"
        ca = ["a.pem", "b.pem"]
        [host."https://mirror.test:5000/v2/x"]
          capabilities = ["pull", "resolve"]
          client = [["c.pem", "k.pem"]]
          skip_verify = true
          override_path = true
          [host."https://mirror.test:5000/v2/x".header]
            x-one = "a"
            x-two = ["b", "c"]
        """;
    Fuzz.run(
        List.of(toml.getBytes(UTF_8)),
        input -> {
          HostsFile read =
              HostsFile.read(temporary.resolve("hosts.toml"), "r.test", new String(input, UTF_8));
          if (!read.problems().isEmpty()) {
            throw CriException.failedPrecondition(String.join("; ", read.problems()));
          }
          assertThat(read.hosts()).isNotEmpty();
        },
        CriException.class);
  }

  @Test
  void headersAreParsedAndMalformedPartsSkipped() {
    for (int seed = 0; seed < 20_000; seed++) {
      byte[] noise = new byte[40];
      new java.util.Random(seed).nextBytes(noise);
      String text = new String(noise, ISO_8859_1);
      Challenge.parse(List.of(text, "Bearer " + text, "Basic a=\"" + text));
      BackOff.asked(Optional.of(text), Instant.EPOCH);
    }
  }

  @Test
  void addressesOfRedirectsAndTokenServersAreAcceptedOrRefused() throws Exception {
    URI from = URI.create("https://127.0.0.1:5000/v2");
    Fuzz.run(
        List.of(
            "https://127.0.0.1/a?b=c".getBytes(UTF_8),
            "/relative/%41".getBytes(UTF_8),
            "//[::1]:443/x#y".getBytes(UTF_8)),
        input -> {
          String text = new String(input, UTF_8);
          Destination.ofRedirect(from, Optional.of(text));
          Destination.ofRealm(from, text);
        },
        RegistryException.class);
  }

  @Test
  void pullsSucceedOrFailWithAReasonWhateverChallengeAndTokenAre() throws Exception {
    try (WildRegistry registry = WildRegistry.start();
        PullFixture fixture = new PullFixture(temporary, PullFixture.PATIENT)) {
      TestImage image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
      registry.add("app", "1", image);
      byte[] challenge =
          ("Bearer realm=\""
                  + registry.url()
                  + "/token\",service=\"test\",scope=\"repository:app:pull\""
                  + ", Basic realm=x")
              .getBytes(UTF_8);
      byte[] token = "{\"token\":\"abc.def\",\"expires_in\":300}".getBytes(UTF_8);
      for (boolean isTokenFuzzed : List.of(false, true)) {
        byte[] real = isTokenFuzzed ? token : challenge;
        AtomicReference<byte[]> fuzzed = new AtomicReference<>(real);
        registry.on(
            "/token",
            (request, reply) ->
                reply.whole(200, isTokenFuzzed ? requireNonNull(fuzzed.get()) : token));
        registry.on(
            "/manifests/",
            (request, reply) -> {
              if (request.has("authorization")) {
                registry.properly(request, reply);
                return;
              }
              byte[] header = isTokenFuzzed ? challenge : requireNonNull(fuzzed.get());
              reply.empty(401, "WWW-Authenticate: " + headerText(header));
            });
        Fuzz.run(
            PULLS,
            List.of(real),
            input -> {
              fuzzed.set(input);
              try {
                fixture.pull(registry.reference("app:1"));
              } catch (CriException e) {
                assertThat(e.kind()).as(e.getMessage()).isNotEqualTo(ErrorKind.INTERNAL);
                throw e;
              }
            },
            CriException.class);
      }
    }
  }

  /** Bytes that a header can have. */
  private static String headerText(byte[] bytes) {
    return new String(bytes, ISO_8859_1).replaceAll("[\\r\\n\\x00]", " ");
  }
}

package io.jukung.image.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.image.Fuzz;
import io.jukung.image.content.Digest;
import io.jukung.image.pull.TestImage;
import io.jukung.image.tar.TestTar;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Manifests, indexes and configurations that nobody meant. */
@Timeout(120)
class DocumentFuzzTest {
  private static final Digest DIGEST = Digest.sha256(new byte[0]);
  private static final TestImage IMAGE =
      TestImage.of(new TestTar().file("a", "a").bytes())
          .config(
              config -> {
                config.put("User", "1000:app").put("WorkingDir", "/srv").put("StopSignal", "TERM");
                config.putArray("Env").add("PATH=/bin").add("A=b");
                config.putArray("Cmd").add("run");
                config.putObject("Labels").put("a", "b");
                config.putObject("Volumes").putObject("/data");
              })
          .build();

  @Test
  void manifestsAndIndexesAreParsedOrRefused() throws Exception {
    byte[] artifact =
        """
        {"schemaVersion":2,"artifactType":"application/x","config":{"mediaType":\
        "application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[{"mediaType":"text/x",\
        "digest":"%s","size":1,"annotations":{"org.opencontainers.image.title":"a/b"}}]}"""
            .formatted(DIGEST, DIGEST)
            .getBytes(UTF_8);
    Fuzz.run(
        List.of(IMAGE.manifest(), TestImage.index(Map.of(Platform.current(), IMAGE)), artifact),
        input -> ManifestDocument.parse(DIGEST, input, Optional.empty()),
        CriException.class);
  }

  @Test
  void configurationsAreParsedOrRefused() throws Exception {
    Fuzz.run(
        List.of(IMAGE.blob(Digest.parse(IMAGE.id()))),
        input -> ConfigDocument.parse(DIGEST, input),
        CriException.class);
  }

  @Test
  void listsAreParsedOrRefused() throws Exception {
    Fuzz.run(
        List.of(
            "[{\"Config\":\"a.json\",\"Layers\":[\"b\",\"c\"]}]".getBytes(UTF_8),
            "[]".getBytes(UTF_8)),
        input -> {
          for (JsonDocument each : JsonDocument.parseList("list", input, 10)) {
            each.strings("Layers", 10);
          }
        },
        CriException.class);
  }
}

package io.jukung.image.sharedcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Caches of other nodes are read back as they were written, and nothing else is accepted. */
class CacheDocumentsTest {
  private static final String KEY = "ab".repeat(32);
  private static final Descriptor BLOB =
      new Descriptor(MediaType.OCI_LAYER_GZIP.text(), Digest.sha256(new byte[] {1}), 10);
  private static final SharedStep STEP =
      new SharedStep(
          KEY, Optional.of(new StageLayer(Digest.sha256(new byte[] {2}), BLOB)), 1_700_000_000);
  private static final SharedStep WITHOUT_LAYER =
      new SharedStep("cd".repeat(32), Optional.empty(), 5);

  private static ManifestDocument document(byte[] manifest) {
    return ManifestDocument.parse(
        Digest.sha256(manifest), manifest, Optional.of(MediaType.OCI_MANIFEST.text()));
  }

  private static Map<String, SharedStep> parsed(String steps) {
    byte[] content = steps.getBytes(UTF_8);
    ManifestDocument document = document(CacheDocuments.manifest(content, List.of(BLOB)));
    assertThat(CacheDocuments.stepsOf(document).digest()).isEqualTo(Digest.sha256(content));
    return CacheDocuments.parse((ArtifactManifest) document, content);
  }

  @Test
  void stepsAreReadAsTheyWereWritten() {
    List<SharedStep> steps = List.of(STEP, WITHOUT_LAYER);
    assertThat(CacheDocuments.layers(List.of(STEP, STEP, WITHOUT_LAYER))).containsExactly(BLOB);
    assertThat(parsed(new String(CacheDocuments.steps(steps), UTF_8)))
        .isEqualTo(Map.of(KEY, STEP, WITHOUT_LAYER.key(), WITHOUT_LAYER));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"version\":2,\"steps\":[]} | no steps of version 1",
        "{\"version\":1} | no steps of version 1",
        "{\"version\":1,\"steps\":[{\"key\":\"../x\",\"createdAt\":1}]} | key is no digest",
        "{\"version\":1,\"steps\":[{\"key\":\"KEY\",\"createdAt\":-1}]} | createdAt",
        "{\"version\":1,\"steps\":[{\"key\":\"KEY\",\"createdAt\":999999999999}]} | year 9999",
        "{\"version\":1,\"steps\":[{\"key\":\"KEY\",\"createdAt\":1,\"diffId\":\"D\"}]} | blob",
        "{\"version\":1,\"steps\":[{\"key\":\"KEY\",\"createdAt\":1,\"blob\":\"sha256:KEY\",\"diffId\":\"sha256:KEY\"}]} | not in the manifest",
        "{\"version\":1,\"steps\":[{\"key\":\"KEY\",\"createdAt\":1},{\"key\":\"KEY\",\"createdAt\":1}]} | twice",
        "[] | list of steps",
      })
  void otherDocumentsAreRefused(String steps, String message) {
    assertThatThrownBy(() -> parsed(steps.replace("KEY", KEY)))
        .isInstanceOf(CriException.class)
        .hasMessageContaining(message);
  }

  @Test
  void imagesAndOtherArtifactsAreNoCaches() {
    byte[] good = CacheDocuments.manifest(new byte[0], List.of(BLOB));
    String text = new String(good, UTF_8);
    for (String other :
        List.of(
            text.replace(CacheDocuments.TYPE, "application/vnd.other"),
            text.replace(CacheDocuments.STEPS, "other.json"),
            text.replace("\"size\":0", "\"size\":999999999"))) {
      assertThatThrownBy(() -> CacheDocuments.stepsOf(document(other.getBytes(UTF_8))))
          .isInstanceOf(CriException.class);
    }
  }

  /** Whatever a registry sends ends in steps or in an error of the cache. */
  @Test
  void damagedDocumentsEndInErrors() {
    byte[] good = CacheDocuments.steps(List.of(STEP, WITHOUT_LAYER));
    Random random = new Random(26);
    int refused = 0;
    for (int i = 0; i < 2_000; i++) {
      byte[] bad = good.clone();
      for (int change = random.nextInt(4); change >= 0; change--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      try {
        var _ = parsed(new String(bad, UTF_8));
      } catch (CriException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1_000);
  }
}

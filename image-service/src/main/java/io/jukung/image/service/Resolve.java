package io.jukung.image.service;

import io.jukung.client.v1.ResolveRequest;
import io.jukung.client.v1.ResolveResponse;
import io.jukung.cri.CriException;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistrySession;
import io.jukung.image.registry.SmallBlob;
import java.io.IOException;
import java.util.List;

/** Asks a registry what a name leads to. Nothing is kept. */
public final class Resolve {
  private final RegistryClient registries;

  public Resolve(RegistryClient registries) {
    this.registries = registries;
  }

  /** An interrupt of the calling thread ends the call. */
  public ResolveResponse call(ResolveRequest request) throws InterruptedException {
    if (request.getImage().isEmpty()) {
      throw CriException.invalidArgument("request has no image");
    }
    ImageReference reference = ImageReference.parse(request.getImage()).withoutTagIfDigest();
    try {
      RegistrySession registry =
          registries.open(reference, PullImage.credentials(request.getAuth()));
      FetchedManifest top = registry.resolve();
      ResolveResponse.Builder answer =
          ResolveResponse.newBuilder()
              .setReference(reference.toString())
              .setDigest(top.digest().toString())
              .setSize(top.content().length);
      switch (ManifestDocument.parse(top.digest(), top.content(), top.contentType())) {
        case ImageIndex index -> {
          answer.setMediaType(top.contentType().orElse(MediaType.OCI_INDEX.text()));
          index.entries().stream()
              .flatMap(entry -> entry.platform().stream())
              .map(Platform::toString)
              .forEach(answer::addPlatforms);
        }
        case ImageManifest manifest -> {
          answer.setMediaType(ManifestDocument.mediaType(top.digest(), top.content()));
          answer.addAllPlatforms(platforms(manifest, registry));
        }
        case ArtifactManifest _ ->
            answer.setMediaType(ManifestDocument.mediaType(top.digest(), top.content()));
      }
      return answer.build();
    } catch (IOException e) {
      throw ImageInstaller.explain("resolve " + reference, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), "resolve " + reference + ": " + e.getMessage(), e);
    }
  }

  /** The platform that the image itself states. */
  private static List<String> platforms(ImageManifest manifest, RegistrySession registry)
      throws IOException, InterruptedException {
    byte[] document = SmallBlob.fetch(manifest.config(), registry);
    ImageConfig config = ConfigDocument.parse(manifest.config().digest(), document).config();
    return List.of(new Platform(config.os(), config.architecture(), config.variant()).toString());
  }
}

package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import io.jukung.runtime.spec.ImageDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The images of the image store, as containers use them. */
public final class StoredImages implements ContainerImages {
  private static final String VOLUME = ".volume-";

  /** As many digits as fit into a lease's name. They tell the images of one container apart. */
  private static final int VOLUME_DIGITS = 32;

  /** The least that the image store takes for the beginning of an id. */
  private static final int SHORT_ID_DIGITS = 12;

  private static final String SHA256 = "sha256:";

  private final ImageStore store;
  private final SignatureGate gate;

  public StoredImages(ImageStore store, SignatureGate gate) {
    this.store = store;
    this.gate = gate;
  }

  /**
   * The name that counts is the one that the user has given, as in CRI-O. A request with an id
   * alone may use the image if one of its names is accepted. A build may use the results that it
   * keeps: they come from images that were checked. To a client they are images without a name.
   */
  @Override
  public void checkPolicy(Found image, String asked, String userSpecified, Use use)
      throws IOException {
    if (!gate.isGuarded()) {
      return;
    }
    ImageStore.Signed signed = store.signed(image.id());
    if (!signed.intermediate() || use == Use.CLIENT) {
      List<ImageReference> names =
          Stream.of(userSpecified, asked)
              .filter(text -> !isId(image, text))
              .flatMap(text -> name(text).stream())
              .findFirst()
              .map(List::of)
              .orElseGet(() -> allNames(image.id()));
      gate.checkKept(image.id(), names, signed.documents(), signed.signatures());
    }
  }

  private static Optional<ImageReference> name(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(ImageReference.parse(text).withoutTagIfDigest());
    } catch (CriException e) {
      return Optional.empty(); // an id
    }
  }

  /** Whether the text is the image's id or the beginning of its digits, with sha256: or without. */
  private static boolean isId(Found image, String text) {
    String digits = text.startsWith(SHA256) ? text.substring(SHA256.length()) : text;
    return digits.length() >= SHORT_ID_DIGITS && image.id().startsWith(SHA256 + digits);
  }

  @Override
  public Optional<Found> find(String reference) {
    return store.find(reference).map(StoredImages::found);
  }

  @Override
  public Map<String, String> annotations(String imageId) throws IOException {
    return store.annotations(imageId);
  }

  @Override
  public Names names(String imageId) {
    return store.find(imageId).map(StoredImages::names).orElse(Names.NONE);
  }

  @Override
  public List<Path> acquire(String imageId, String user) throws IOException {
    if (store.find(imageId).filter(StoredImage::artifact).isPresent()) {
      throw CriException.failedPrecondition(
          imageId + " is an artifact: it can be mounted, but no container runs from it");
    }
    return store.acquire(imageId, user).lowerDirectories();
  }

  /** Takes a lease of its own for each image, whose name begins with the container's id. */
  @Override
  public List<Path> acquireVolume(String imageId, String user) throws IOException {
    String digest = imageId.substring(imageId.indexOf(':') + 1);
    String lease = user + VOLUME + digest.substring(0, VOLUME_DIGITS);
    return store.acquire(imageId, lease).lowerDirectories();
  }

  @Override
  public void release(String user) throws IOException {
    for (String lease : store.leases()) {
      if (lease.startsWith(user + VOLUME)) {
        store.release(lease);
      }
    }
    store.release(user);
  }

  @Override
  public Set<String> users() {
    return store.leases().stream().map(StoredImages::user).collect(Collectors.toSet());
  }

  private List<ImageReference> allNames(String imageId) {
    return store.find(imageId).stream()
        .flatMap(image -> Stream.concat(image.repoTags().stream(), image.repoDigests().stream()))
        .flatMap(text -> name(text).stream())
        .toList();
  }

  private static String user(String lease) {
    int volume = lease.indexOf(VOLUME);
    return volume < 0 ? lease : lease.substring(0, volume);
  }

  private static Names names(StoredImage image) {
    return new Names(image.repoTags(), image.repoDigests().stream().findFirst().orElse(""));
  }

  private static Found found(StoredImage image) {
    ImageConfig config = image.config();
    return new Found(
        image.id(),
        new ImageDefaults(
            config.user(),
            config.env(),
            config.entrypoint(),
            config.cmd(),
            config.workingDir(),
            config.stopSignal()),
        config.volumes());
  }
}

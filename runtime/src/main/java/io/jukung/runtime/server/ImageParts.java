package io.jukung.runtime.server;

import io.jukung.cri.CriException;
import io.jukung.image.build.ImageBuild;
import io.jukung.image.buildcache.BuildCache;
import io.jukung.image.commit.ImageCommitter;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.pull.NamedImages;
import io.jukung.image.pull.PullObserver;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.image.registry.RegistryTimeouts;
import io.jukung.image.service.Check;
import io.jukung.image.service.ExplainPull;
import io.jukung.image.service.Export;
import io.jukung.image.service.History;
import io.jukung.image.service.ImageFsInfo;
import io.jukung.image.service.ImageStatus;
import io.jukung.image.service.Import;
import io.jukung.image.service.ListImages;
import io.jukung.image.service.ListPulls;
import io.jukung.image.service.Login;
import io.jukung.image.service.Pull;
import io.jukung.image.service.PullImage;
import io.jukung.image.service.Push;
import io.jukung.image.service.RemoveImage;
import io.jukung.image.service.Resolve;
import io.jukung.image.service.StreamImages;
import io.jukung.image.service.Tag;
import io.jukung.image.service.Untag;
import io.jukung.image.service.Usage;
import io.jukung.image.sharedcache.SharedCaches;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.transfer.ImageExporter;
import io.jukung.image.transfer.ImageImporter;
import io.jukung.runtime.build.AgentSessions;
import io.jukung.runtime.build.BuildCall;
import io.jukung.runtime.build.BuildDirectories;
import io.jukung.runtime.build.BuildPods;
import io.jukung.runtime.build.CachedSteps;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.CommitContainer;
import io.jukung.runtime.container.StoredImages;
import io.jukung.runtime.doctor.Diagnose;
import io.jukung.runtime.pod.ListCreations;
import io.jukung.runtime.recovery.OrphanRepair;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parts that serve images: the store, the registry client, and the calls on them. */
final class ImageParts {
  private final StatePaths paths;
  private final ImageStore images;
  private final RegistryHosts hosts;
  private final AuthFiles authFiles;
  private final RegistryClient registries;
  private final SignatureGate gate;
  private final ImagePuller puller;
  private final StoredImages containerImages;
  private final BuildDirectories buildDirectories;
  private final BuildCache buildCache;

  ImageParts(Config config, StatePaths paths) throws IOException {
    this.paths = paths;
    this.images = ImageStore.open(storeSettings(config.image(), paths.images()));
    this.hosts = new RegistryHosts(config.image().registryConfigDir());
    this.authFiles = new AuthFiles(config.image().authFiles());
    this.registries =
        new RegistryClient(hosts, authFiles, System.getenv(), registryTimeouts(config.registry()));
    this.gate = new SignatureGate(policy(config.image()));
    checkPolicy(gate);
    this.puller = new ImagePuller(images, registries, gate);
    this.containerImages = new StoredImages(images, gate);
    this.buildDirectories = new BuildDirectories(paths);
    buildDirectories.prepare();
    this.buildCache = BuildCache.open(buildDirectories.steps(), images, InstantSource.system());
  }

  /** Takes over the settings for pulls that begin from now on. */
  void reconfigure(Config config) {
    hosts.use(config.image().registryConfigDir());
    authFiles.use(config.image().authFiles());
    registries.use(registryTimeouts(config.registry()));
    images.limitDownloads(config.image().maxDownloads());
    gate.use(policy(config.image()));
  }

  private static @Nullable Path policy(Config.Image settings) {
    return settings.signaturePolicy().isEmpty() ? null : Path.of(settings.signaturePolicy());
  }

  /** A daemon whose policy cannot be read would refuse every pull, and rather says so now. */
  private static void checkPolicy(SignatureGate gate) throws IOException {
    try {
      gate.check();
    } catch (CriException e) {
      throw new IOException("image.signature_policy: " + e.getMessage(), e);
    }
  }

  ImageStore store() {
    return images;
  }

  /** Has something see how pulls end, beside those that see it already. */
  void observe(PullObserver observer) {
    puller.observe(observer);
  }

  /** How many images there are. */
  int count() {
    return images.list().size();
  }

  int pullsUnderWay() {
    return puller.active().list().size();
  }

  /** The images as containers use them. */
  StoredImages containerImages() {
    return containerImages;
  }

  ImageEndpoint imageService() {
    ListImages list = new ListImages(images);
    return new ImageEndpoint(
        new ImageEndpoint.Calls(
            list,
            new StreamImages(list),
            new ImageStatus(images),
            new PullImage(puller),
            new RemoveImage(images),
            new ImageFsInfo(images, paths.containers())));
  }

  JukungEndpoint jukungService(Diagnose diagnose, OrphanRepair orphans, ListCreations creations) {
    return new JukungEndpoint(
        new JukungEndpoint.Calls(
            new Pull(new NamedImages(images, puller)),
            new ExplainPull(puller),
            new ListPulls(puller.active()),
            new Import(new ImageImporter(images)),
            new Export(new ImageExporter(images)),
            new Tag(images),
            new Untag(images),
            new Check(images, puller, orphans::run),
            new Usage(images, paths.containers()),
            diagnose,
            creations));
  }

  /** Makes images of containers. */
  ImageCommitter committer() {
    return new ImageCommitter(images);
  }

  ImagesEndpoint imagesService(CommitContainer commit) {
    return new ImagesEndpoint(
        new ImagesEndpoint.Calls(
            new Push(new ImagePusher(images, registries)),
            new Login(registries, authFiles),
            commit,
            new History(images),
            new Resolve(registries)));
  }

  /**
   * Builds of images.
   *
   * @param pods run the commands
   */
  BuildsEndpoint buildsService(BuildPods pods) {
    pods.whenLeftRemoved(buildDirectories::removeLeft);
    SharedCaches shared =
        new SharedCaches(images, registries, new ImagePusher(images, registries), gate);
    ImageBuild builder = new ImageBuild(images, puller, buildCache, shared);
    AgentSessions agents = new AgentSessions();
    return new BuildsEndpoint(
        new BuildCall(images, builder, pods, buildDirectories, paths, agents),
        agents,
        new CachedSteps(buildCache, buildDirectories));
  }

  private static RegistryTimeouts registryTimeouts(Config.Registry settings) {
    return new RegistryTimeouts(
        settings.connectTimeout(),
        settings.responseTimeout(),
        settings.idleTimeout(),
        settings.progressTimeout(),
        RegistryTimeouts.DEFAULT.backOff());
  }

  private static ImageStoreSettings storeSettings(Config.Image settings, Path directory)
      throws IOException {
    LayerLimits limits =
        new LayerLimits(
            settings.maxLayerSize().bytes(),
            LayerLimits.DEFAULT.maxEntries(),
            settings.reservedSpace().bytes());
    Optional<LayerFormat> format =
        switch (settings.layerFormat()) {
          case AUTO -> Optional.empty();
          case EROFS -> Optional.of(LayerFormat.EROFS);
          case DIRECTORY -> Optional.of(LayerFormat.DIRECTORY);
        };
    return new ImageStoreSettings(
        directory, limits, format, settings.maxDownloads(), pinnedReferences(settings));
  }

  private static Set<String> pinnedReferences(Config.Image settings) throws IOException {
    Set<String> references = new HashSet<>();
    for (String text : settings.pinned()) {
      try {
        references.add(ImageReference.parse(text).toString());
      } catch (CriException e) {
        throw new IOException("image.pinned: " + e.getMessage(), e);
      }
    }
    return references;
  }
}

package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.BuildCache;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.copy.BuildContext;
import io.jukung.image.dockerfile.Dockerfile;
import io.jukung.image.dockerfile.DockerfileParser;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.InstructionWords;
import io.jukung.image.dockerfile.Keyword;
import io.jukung.image.dockerfile.Stage;
import io.jukung.image.dockerfile.StageGraph;
import io.jukung.image.dockerfile.Variables;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.pull.NamedImages;
import io.jukung.image.sharedcache.ImportedSteps;
import io.jukung.image.sharedcache.SharedCaches;
import io.jukung.image.store.ImageStore;
import io.jukung.image.transfer.ImageExporter;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;

/**
 * Builds images from Dockerfiles. Only the stages that the target needs are built, those that do
 * not need each other at the same time. Thread-safe.
 */
public final class ImageBuild {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  /** Arguments that every build takes, whether the Dockerfile declares them or not. */
  private static final Set<String> PREDEFINED =
      Set.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", EPOCH);

  private final ImageStore store;
  private final ImagePuller puller;
  private final BuildCache cache;
  private final SharedCaches sharedCaches;

  public ImageBuild(
      ImageStore store, ImagePuller puller, BuildCache cache, SharedCaches sharedCaches) {
    this.store = store;
    this.puller = puller;
    this.cache = cache;
    this.sharedCaches = sharedCaches;
  }

  /**
   * Builds an image.
   *
   * @param context its files; the caller's
   * @return the image's ID; empty if the result is files
   * @throws CriException with the kind that fits, and the line of the Dockerfile where there is one
   * @throws InterruptedException when the calling thread is interrupted; nothing works on then
   */
  public String build(
      BuildSettings settings,
      BuildContext context,
      CommandRunner.Factory runners,
      BuildListener listener)
      throws InterruptedException {
    Dockerfile file = DockerfileParser.parse(settings.dockerfile());
    Map<String, String> given = settings.arguments();
    List<Target> targets =
        settings.platforms().stream().map(each -> Target.of(file, settings, each)).toList();
    if (targets.size() > 1 && !(settings.output() instanceof BuildOutput.Store)) {
      throw BuildErrors.unimplemented("a build for several platforms with --output");
    }
    warnOfUnused(file, given.keySet(), listener);
    CacheSharing sharing = new CacheSharing(sharedCaches, listener);
    ImportedSteps imported = sharing.read(settings.importedCaches());
    try (ChainImages images = new ChainImages(store, cache)) {
      var bases =
          new BaseImages(new NamedImages(store, puller), settings.pull(), settings.credentials());
      UsedSteps used = new UsedSteps();
      Semaphore room = room();
      List<ChainImages.Finished> built = new ArrayList<>();
      for (Target target : targets) {
        var tools =
            new BuildTools(
                settings,
                file,
                target.platform,
                target.graph,
                given,
                target.global,
                context.tree(),
                context.directory(),
                store.temporary(),
                store.layerLimits().maxBytes(),
                epoch(given),
                images,
                bases,
                cache,
                imported,
                used,
                runners,
                listener,
                room);
        built.add(finished(tools, new StageThreads(tools).build(target.order, target.stage)));
      }
      var export = new ResultExport(settings, images, listener, new ImageExporter(store));
      String image = built.size() == 1 ? export.export(built.getFirst()) : export.exportAll(built);
      sharing.write(settings, used, built);
      return image;
    } catch (IOException e) {
      throw ImageInstaller.explain("build", e);
    }
  }

  /**
   * What is built for one platform.
   *
   * @param global what FROM sees
   * @param stage the number of the stage whose result is wanted
   * @param order the stages that it needs and itself
   */
  private record Target(
      Platform platform,
      Map<String, String> global,
      StageGraph graph,
      int stage,
      List<Integer> order) {
    static Target of(Dockerfile file, BuildSettings settings, Platform platform) {
      Map<String, String> global =
          Variables.ofFile(file, settings.arguments(), arguments(platform));
      StageGraph graph = StageGraph.of(file, global);
      int stage = graph.target(settings.target());
      List<Integer> order = graph.order(stage);
      UnsupportedOptions.check(file, order);
      return new Target(platform, global, graph, stage, order);
    }
  }

  /**
   * Each step keeps a processor busy: most of the time of a layer is its compression. Builds do not
   * share the room, so that none waits for the commands or for the client of another one.
   */
  private static Semaphore room() {
    return new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));
  }

  private static ChainImages.Finished finished(BuildTools tools, StageResult result) {
    new TreeMap<>(tools.settings().labels()).forEach(result.settings()::setLabel);
    String created =
        tools
            .epoch()
            .map(Instant::toString)
            .orElse(
                result.created().isEmpty()
                    ? Instant.ofEpochSecond(0).toString()
                    : result.created());
    return new ChainImages.Finished(
        tools.platform(), result.settings().document(result.layers(), created), result.layers());
  }

  /** The arguments that say what the image is built for, and on which platform: this node's. */
  private static Map<String, String> arguments(Platform target) {
    Map<String, String> arguments = new TreeMap<>();
    putPlatform(arguments, "TARGET", target);
    putPlatform(arguments, "BUILD", Platform.current());
    return arguments;
  }

  private static void putPlatform(Map<String, String> arguments, String prefix, Platform platform) {
    arguments.put(prefix + "PLATFORM", platform.toString());
    arguments.put(prefix + "OS", platform.os());
    arguments.put(prefix + "ARCH", platform.architecture());
    arguments.put(prefix + "VARIANT", platform.variant());
  }

  private static Optional<Instant> epoch(Map<String, String> given) {
    String text = given.getOrDefault(EPOCH, "");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
    } catch (NumberFormatException | DateTimeException e) {
      throw new CriException(
          io.jukung.cri.ErrorKind.INVALID_ARGUMENT,
          EPOCH + "=" + text + " is no number of seconds",
          e);
    }
  }

  private static void warnOfUnused(Dockerfile file, Set<String> given, BuildListener listener)
      throws InterruptedException {
    Set<String> unused = new TreeSet<>(given);
    unused.removeIf(name -> PREDEFINED.contains(name.toUpperCase(java.util.Locale.ROOT)));
    Set<String> declared = new HashSet<>();
    file.globalArguments().forEach(each -> declared.addAll(names(each, file.escape())));
    for (Stage stage : file.stages()) {
      stage.instructions().stream()
          .filter(each -> each.keyword() == Keyword.ARG)
          .forEach(each -> declared.addAll(names(each, file.escape())));
    }
    unused.removeAll(declared);
    if (!unused.isEmpty()) {
      listener.warning("One or more build-args were not consumed: " + String.join(", ", unused));
    }
  }

  private static List<String> names(Instruction argument, char escape) {
    return InstructionWords.split(argument.argument(), Map.of(), escape).stream()
        .map(word -> word.split("=", 2)[0])
        .toList();
  }
}

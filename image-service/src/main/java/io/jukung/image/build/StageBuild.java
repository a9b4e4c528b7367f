package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.CacheKey;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.copy.SourceTree;
import io.jukung.image.dockerfile.DockerfileParser;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.InstructionWords;
import io.jukung.image.dockerfile.Keyword;
import io.jukung.image.dockerfile.Stage;
import io.jukung.image.dockerfile.Variables;
import io.jukung.image.manifest.Platform;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Builds one stage, one instruction after the other. For one thread. */
final class StageBuild {
  private static final String SCRATCH = "scratch";

  private final BuildTools tools;
  private final int index;
  private final Stage stage;
  private final IntFunction<StageResult> others;
  private final StageNames names;

  /**
   * @param index the number of the stage
   * @param others the results of the stages that this one needs
   */
  StageBuild(BuildTools tools, int index, IntFunction<StageResult> others) {
    this.tools = tools;
    this.index = index;
    this.stage = tools.file().stages().get(index);
    this.others = others;
    this.names =
        new StageNames(
            tools.file(),
            index,
            tools.settings().platforms().size() > 1 ? tools.platform() + " " : "");
  }

  StageResult build() throws IOException, InterruptedException {
    StageState state = begin();
    try (CommandRunner runner = tools.runners().open()) {
      for (String trigger : state.settings().takeTriggers()) {
        String text = "FROM scratch\n" + trigger;
        for (Instruction each : DockerfileParser.parse(text).stages().getFirst().instructions()) {
          carryOut(each, state, runner, stage.line(), stage.line());
        }
      }
      for (Instruction each : stage.instructions()) {
        carryOut(each, state, runner, each.firstLine(), each.lastLine());
      }
    }
    return state.result();
  }

  // ── FROM ───────────────────────────────────────────────────────────────────────────────────

  private StageState begin() throws IOException, InterruptedException {
    String base = InstructionWords.whole(stage.base(), tools.global(), tools.file().escape());
    if (base.isEmpty()) {
      throw BuildErrors.at(
          stage.line(),
          CriException.invalidArgument("FROM has no name once variables are replaced"));
    }
    Optional<Integer> earlier = tools.graph().earlierNamed(base, index);
    if (earlier.isPresent()) {
      StageResult below = others.apply(earlier.get());
      ImageSettings settings = below.settings().copy();
      return new StageState(
          below.layers(),
          settings,
          variables(Optional.of(below.variables()), settings),
          below.created());
    }
    if (base.equals(SCRATCH)) {
      ImageSettings settings = ImageSettings.empty(platform());
      return new StageState(List.of(), settings, variables(Optional.empty(), settings), "");
    }
    Steps.Running step = steps().begin(names.from(base), stage.line(), stage.line());
    try {
      ChainImages.Base image = tools.images().base(tools.bases().get(base, platform()));
      ImageSettings settings = ImageSettings.of(image.configuration(), image.layers().size());
      step.done(false);
      return new StageState(
          image.layers(), settings, variables(Optional.empty(), settings), settings.created());
    } catch (CriException e) {
      throw step.failed(e);
    }
  }

  /** What this stage is for: FROM may say so itself, as for a compiler that runs on this node. */
  private Platform platform() {
    if (stage.platform().isEmpty()) {
      return tools.platform();
    }
    String text =
        InstructionWords.whole(stage.platform().get(), tools.global(), tools.file().escape());
    try {
      return Platform.parse(text);
    } catch (CriException e) {
      throw BuildErrors.at(stage.line(), e);
    }
  }

  private Variables variables(Optional<Variables> base, ImageSettings settings) {
    return Variables.ofStage(
        tools.given(), tools.global(), base, settings.environment(), tools.file().escape());
  }

  private Steps steps() {
    return new Steps(tools.listener(), tools.settings().dockerfile());
  }

  // ── instructions ───────────────────────────────────────────────────────────────────────────

  private void carryOut(
      Instruction instruction, StageState state, CommandRunner runner, int first, int last)
      throws IOException, InterruptedException {
    try {
      UnsupportedOptions.check(instruction);
      if (!makesLayer(instruction.keyword())) {
        new SettingsStep(instruction, state, tools.file().escape()).apply();
        return;
      }
    } catch (CriException e) {
      throw BuildErrors.at(first, e);
    }
    Steps.Running step = steps().begin(names.next(instruction), first, last);
    tools.room().acquire();
    try {
      var layers = new LayerStep(tools, state, step);
      switch (instruction.keyword()) {
        case RUN -> new RunStep(tools, index, others, runner).carryOut(instruction, state, layers);
        case COPY, ADD -> copy(instruction, state, layers);
        case WORKDIR -> workingDirectory(instruction, state, layers);
        case ARG, CMD, ENTRYPOINT, ENV, EXPOSE, FROM, HEALTHCHECK, LABEL, MAINTAINER, ONBUILD ->
            throw new IllegalStateException(instruction.keyword() + " makes no layer");
        case SHELL, STOPSIGNAL, USER, VOLUME ->
            throw new IllegalStateException(instruction.keyword() + " makes no layer");
      }
    } catch (CommandFailedException e) {
      throw step.failed(e);
    } catch (CriException e) {
      throw step.failed(e);
    } catch (IOException e) {
      throw step.failed(CriException.internal(String.valueOf(e.getMessage()), e));
    } finally {
      tools.room().release();
    }
  }

  private static boolean makesLayer(Keyword keyword) {
    return StageNames.LAYERS.contains(keyword);
  }

  private void copy(Instruction instruction, StageState state, LayerStep layers)
      throws IOException, InterruptedException {
    Optional<String> from = instruction.flag("from");
    if (from.isEmpty()) {
      copyFrom(tools.context(), instruction, state, layers);
      return;
    }
    List<Path> mounted = tools.images().mounted(sourceLayers(from.get()));
    try (Fd root = OverlayMount.detachedReadOnly(mounted)) {
      copyFrom(
          new SourceTree(root, from.get(), /* keepsOwners= */ true), instruction, state, layers);
    }
  }

  private List<StageLayer> sourceLayers(String from) throws IOException, InterruptedException {
    Optional<Integer> earlier = tools.graph().earlier(from, index);
    return earlier.isPresent()
        ? others.apply(earlier.get()).layers()
        : tools.images().base(tools.bases().get(from, tools.platform())).layers();
  }

  private void copyFrom(
      SourceTree tree, Instruction instruction, StageState state, LayerStep layers)
      throws IOException, InterruptedException {
    Map<String, String> seen = state.variables().seen();
    CopyStep.Place place =
        new CopyStep.Place(
            seen,
            tools.file().escape(),
            state.settings().workingDirectory(),
            tools.temporary(),
            tools.maxBytes());
    boolean link = instruction.flag("link").map(Boolean::parseBoolean).orElse(false);
    try (CopyStep step = new CopyStep(instruction, tree, place)) {
      CacheKey key = layers.key(instruction.keyword().name());
      step.addTo(key);
      layers.run(
          key,
          StageNames.text(instruction),
          link ? LayerStep.Below.NOTHING : LayerStep.Below.IMAGE,
          step::copy);
    }
  }

  /** Makes the directory if it is missing; it belongs to the user of the image then. */
  private void workingDirectory(Instruction instruction, StageState state, LayerStep layers)
      throws IOException, InterruptedException {
    String text =
        InstructionWords.whole(
            instruction.argument(), state.variables().seen(), tools.file().escape());
    String directory =
        Path.of(state.settings().workingDirectory()).resolve(text).normalize().toString();
    String user = state.settings().user();
    CacheKey key = layers.key("WORKDIR").add(directory).add(user);
    state.settings().setWorkingDirectory(directory);
    layers.run(
        key,
        "WORKDIR " + directory,
        LayerStep.Below.IMAGE,
        (root, accounts) -> WorkingDirectory.make(root, directory, user));
  }
}

package io.jukung.engine.build;

import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepFailed;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.http.Json;
import io.jukung.engine.image.ProgressStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells of a build in the words of docker's classic builder, which clients read: {@code Step 1/3 :
 * FROM …}, {@code Successfully built …}. Stages are built at the same time, so a step is named
 * again when its output goes on after that of another one. For one thread.
 */
final class ClassicProgress {
  private static final Pattern STEP = Pattern.compile("\\[(?:.+ )?(\\d+)/(\\d+)] (.*)");

  private final ProgressStream stream;
  private final boolean quiet;
  private final Map<Integer, String> names = new HashMap<>();

  /** The output of each step that is under way. */
  private final Map<Integer, TextPieces> outputs = new HashMap<>();

  private final List<String> warnings = new ArrayList<>();
  private Optional<StepFailed> failed = Optional.empty();
  private int current;
  private boolean inLine;

  /**
   * @param quiet whether only the image's ID is told
   */
  ClassicProgress(ProgressStream stream, boolean quiet) {
    this.stream = stream;
    this.quiet = quiet;
  }

  void show(BuildProgress message) throws IOException {
    switch (message.getEventCase()) {
      case BEGUN -> begin(message.getBegun().getStep(), message.getBegun().getName());
      case OUTPUT -> {
        int step = message.getOutput().getStep();
        if (turnTo(step)) {
          TextPieces pieces = outputs.computeIfAbsent(step, _ -> new TextPieces());
          print(pieces.next(message.getOutput().getData()));
        }
      }
      case DONE -> {
        endOutput(message.getDone().getStep());
        if (message.getDone().getCached() && turnTo(message.getDone().getStep())) {
          print(" ---> Using cache\n");
        }
      }
      case FAILED -> {
        endOutput(message.getFailed().getStep());
        failed = Optional.of(message.getFailed());
      }
      case WARNING -> warnings.add(message.getWarning().getText());
      case BUILT -> built(message.getBuilt());
      case ARCHIVE, EVENT_NOT_SET -> {}
    }
  }

  private void endOutput(int step) throws IOException {
    TextPieces pieces = outputs.remove(step);
    String rest = pieces == null ? "" : pieces.end();
    if (!rest.isEmpty() && turnTo(step)) {
      print(rest);
    }
  }

  /** Why a step has failed; empty if none has. */
  Optional<StepFailed> failure() {
    return failed;
  }

  private void begin(int number, String name) throws IOException {
    if (name.startsWith("[internal]")) {
      return; // the context, which docker's client tells of itself
    }
    Matcher step = STEP.matcher(name);
    names.put(
        number,
        step.matches()
            ? "Step %s/%s : %s\n".formatted(step.group(1), step.group(2), step.group(3))
            : name + "\n");
    if (quiet) {
      stream.begin(); // from here on a client that leaves is noticed
    }
    var _ = turnTo(number);
  }

  /**
   * Has what follows be about a step.
   *
   * @return whether the step is shown at all
   */
  private boolean turnTo(int number) throws IOException {
    String name = names.get(number);
    if (name == null) {
      return false;
    }
    if (current != number) {
      if (inLine) {
        print("\n");
      }
      current = number;
      print(name);
    }
    return true;
  }

  private void print(String text) throws IOException {
    if (!quiet && !text.isEmpty()) {
      inLine = !text.endsWith("\n");
      stream.stream(text);
    }
  }

  private void built(BuiltImage image) throws IOException {
    String id = image.getImageId();
    if (inLine) {
      print("\n");
    }
    for (String each : warnings) {
      print("[Warning] " + each + "\n");
    }
    var aux = Json.object();
    aux.putObject("aux").put("ID", id);
    stream.send(aux);
    if (quiet) {
      stream.stream(id + "\n");
      return;
    }
    print(" ---> " + ProgressStream.shortDigest(id) + "\n");
    print("Successfully built " + ProgressStream.shortDigest(id) + "\n");
    for (String each : image.getNamesList()) {
      print("Successfully tagged " + ImageNames.familiar(each) + "\n");
    }
  }
}

package io.jukung.image.build;

import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.dockerfile.Variables;
import java.util.ArrayList;
import java.util.List;

/** A stage while it is built. For one thread. */
final class StageState {
  private final List<StageLayer> layers;
  private final ImageSettings settings;
  private final Variables variables;
  private String created;

  /**
   * @param created when the image below was made, in the form of RFC 3339; may be empty
   */
  StageState(List<StageLayer> layers, ImageSettings settings, Variables variables, String created) {
    this.layers = new ArrayList<>(layers);
    this.settings = settings;
    this.variables = variables;
    this.created = created;
  }

  ImageSettings settings() {
    return settings;
  }

  Variables variables() {
    return variables;
  }

  /** The layers so far, bottom first. */
  List<StageLayer> layers() {
    return List.copyOf(layers);
  }

  String created() {
    return created;
  }

  /** Takes a layer on. */
  void add(StageLayer layer, String at) {
    layers.add(layer);
    created = at;
  }

  StageResult result() {
    return new StageResult(layers(), settings, variables, created);
  }
}

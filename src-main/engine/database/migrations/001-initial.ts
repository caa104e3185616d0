import type { Migration } from './migration.ts'

/**
 * The first schema.
 *
 * Facts of a person (placements, rejections, labels, classes, mappings, names) belong to images and stable ids, never to a run: they
 * outlive every run. `assignments.cluster_id` is the effective cluster in the current clustering: the placement, else what was found.
 */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  sql: `
CREATE TABLE roots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  root_id INTEGER NOT NULL REFERENCES roots (id),
  path TEXT NOT NULL,
  content_hash TEXT,
  size_bytes INTEGER NOT NULL,
  modified_at REAL NOT NULL,
  width_px INTEGER,
  height_px INTEGER,
  format TEXT,
  status TEXT NOT NULL CHECK (status IN ('ok', 'unreadable', 'missing')),
  problem_code TEXT,
  reason TEXT,
  perceptual_hash TEXT,
  exact_group INTEGER,
  near_group INTEGER,
  pixel_row INTEGER,
  thumbnail_offset INTEGER,
  thumbnail_length INTEGER,
  imported_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX images_by_path ON images (path, root_id);
CREATE INDEX images_by_hash ON images (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX images_by_status ON images (status, id);
CREATE INDEX images_by_exact_group ON images (exact_group) WHERE exact_group IS NOT NULL;
CREATE INDEX images_by_near_group ON images (near_group) WHERE near_group IS NOT NULL;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  recipe TEXT NOT NULL CHECK (json_valid(recipe)),
  seed INTEGER NOT NULL,
  cluster_count INTEGER NOT NULL,
  image_ids BLOB NOT NULL,
  image_count INTEGER NOT NULL,
  image_size_px INTEGER NOT NULL,
  versions TEXT NOT NULL CHECK (json_valid(versions)),
  backend_choice TEXT NOT NULL,
  backend_used TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE stages (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name IN ('pretrain', 'embed', 'self', 'reliable', 'semi')),
  position INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'stopped', 'completed', 'failed')),
  step INTEGER NOT NULL DEFAULT 0,
  total_steps INTEGER NOT NULL DEFAULT 0,
  checkpoint_file TEXT,
  result_file TEXT,
  advice TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(advice)),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  started_at INTEGER,
  ended_at INTEGER,
  PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage TEXT NOT NULL,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (run_id, stage, name, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('import', 'run', 'export')),
  state_kind TEXT NOT NULL CHECK (state_kind IN
    ('queued', 'starting', 'running', 'cancelling', 'paused', 'interrupted', 'completed', 'cancelled', 'failed')),
  state TEXT NOT NULL CHECK (json_extract(state, '$.kind') = state_kind),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  progress TEXT NOT NULL CHECK (json_valid(progress)),
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state_kind, id);

CREATE TABLE clusterings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  stage TEXT NOT NULL CHECK (stage IN ('self', 'semi')),
  head INTEGER,
  score REAL,
  heads TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(heads)),
  image_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX clusterings_by_run ON clusterings (run_id);

CREATE TABLE clusters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  colour TEXT NOT NULL,
  made_by_person INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  merged_into INTEGER REFERENCES clusters (id)
) STRICT;

CREATE TABLE clustering_clusters (
  clustering_id INTEGER NOT NULL REFERENCES clusterings (id) ON DELETE CASCADE,
  cluster_index INTEGER NOT NULL,
  cluster_id INTEGER NOT NULL REFERENCES clusters (id),
  PRIMARY KEY (clustering_id, cluster_index),
  UNIQUE (clustering_id, cluster_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
  clustering_id INTEGER NOT NULL REFERENCES clusterings (id) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images (id),
  cluster_id INTEGER NOT NULL REFERENCES clusters (id),
  found_cluster_id INTEGER NOT NULL REFERENCES clusters (id),
  confidence REAL NOT NULL,
  local_consistency REAL,
  reliable INTEGER NOT NULL,
  PRIMARY KEY (clustering_id, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_by_cluster ON assignments (clustering_id, cluster_id, confidence, image_id);
CREATE INDEX assignments_by_confidence ON assignments (clustering_id, confidence, image_id);
CREATE INDEX assignments_by_consistency ON assignments (clustering_id, local_consistency, image_id);

CREATE TABLE project (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  current_clustering_id INTEGER REFERENCES clusterings (id) ON DELETE SET NULL
) STRICT;

CREATE TABLE classes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  colour TEXT NOT NULL,
  key TEXT,
  deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX classes_by_name ON classes (name) WHERE deleted = 0;
CREATE UNIQUE INDEX classes_by_key ON classes (key) WHERE key IS NOT NULL AND deleted = 0;

CREATE TABLE mappings (
  cluster_id INTEGER PRIMARY KEY REFERENCES clusters (id),
  class_id INTEGER NOT NULL REFERENCES classes (id)
) STRICT;
CREATE INDEX mappings_by_class ON mappings (class_id);

CREATE TABLE labels (
  source TEXT NOT NULL CHECK (source IN ('human', 'imported', 'mapping', 'semi')),
  image_id INTEGER NOT NULL REFERENCES images (id),
  class_id INTEGER NOT NULL REFERENCES classes (id),
  confidence REAL NOT NULL,
  PRIMARY KEY (source, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_by_class ON labels (class_id, source, image_id);

-- The cluster into which a person put an image.
CREATE TABLE placements (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  cluster_id INTEGER NOT NULL REFERENCES clusters (id)
) STRICT;

CREATE TABLE rejections (
  image_id INTEGER PRIMARY KEY REFERENCES images (id)
) STRICT;

CREATE TABLE edits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  group_id INTEGER NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  changes BLOB NOT NULL,
  image_count INTEGER NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX edits_by_undone ON edits (undone, id);
CREATE INDEX edits_by_group ON edits (group_id, id);

CREATE TABLE exports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  options TEXT NOT NULL CHECK (json_valid(options)),
  state TEXT NOT NULL CHECK (state IN ('running', 'completed', 'cancelled', 'failed')),
  image_count INTEGER NOT NULL DEFAULT 0,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

-- Effective label: a person's, else the class of the cluster; none for a rejected image.
CREATE VIEW effective_labels AS
SELECT
  images.id AS image_id,
  assignments.cluster_id AS cluster_id,
  CASE WHEN rejections.image_id IS NOT NULL THEN NULL ELSE coalesce(human.class_id, mappings.class_id) END AS class_id,
  CASE
    WHEN rejections.image_id IS NOT NULL THEN NULL
    WHEN human.class_id IS NOT NULL THEN 'human'
    WHEN mappings.class_id IS NOT NULL THEN 'mapping'
  END AS source,
  CASE WHEN human.class_id IS NOT NULL THEN human.confidence ELSE assignments.confidence END AS confidence,
  rejections.image_id IS NOT NULL AS rejected
FROM images
LEFT JOIN assignments
  ON assignments.clustering_id = (SELECT current_clustering_id FROM project) AND assignments.image_id = images.id
LEFT JOIN labels AS human ON human.source = 'human' AND human.image_id = images.id
LEFT JOIN mappings ON mappings.cluster_id = assignments.cluster_id
LEFT JOIN rejections ON rejections.image_id = images.id;
`,
}

import { SpicerackError } from '../errors.ts'
import { say } from '../said.ts'
import { faithful } from './faithful.ts'
import { quick } from './quick.ts'
import type { Recipe } from './recipe.ts'
import { standard } from './standard.ts'

const recipes: Readonly<Record<string, Recipe>> = { standard, quick, faithful }

export const recipeNames = Object.keys(recipes)

/** @throws NOT_FOUND with the names there are. */
export function recipeNamed(name: string): Recipe {
  const recipe = recipes[name]
  if (!recipe)
    throw new SpicerackError('NOT_FOUND', say('noRecipe', { name }), { advice: say('recipesAre', { recipes: recipeNames.join(', ') }) })
  return recipe
}
